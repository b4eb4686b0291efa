#include "weights/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>

#include "core/error.h"
#include "core/files.h"
#include "core/sha256.h"

namespace mirrorme {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

static_assert(std::endian::native == std::endian::little, "safetensors data is little-endian and is used in place");

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the format's own library
constexpr std::size_t kMaxRank = 16;
constexpr int kMaxHeaderDepth = 4;  // file, tensor, its lists
constexpr const char* kRedownload = "Download or export the file again.";

struct TypeName {
    std::string_view name;
    torch::ScalarType type;
};

constexpr std::array<TypeName, 10> kTypes = {{{"F64", torch::kDouble},
                                              {"F32", torch::kFloat},
                                              {"F16", torch::kHalf},
                                              {"BF16", torch::kBFloat16},
                                              {"I64", torch::kLong},
                                              {"I32", torch::kInt},
                                              {"I16", torch::kShort},
                                              {"I8", torch::kChar},
                                              {"U8", torch::kByte},
                                              {"BOOL", torch::kBool}}};

[[noreturn]] void refuse(const fs::path& path, const std::string& field, const std::string& problem) {
    throw Error(ErrorCode::unreadable, path.string() + (field.empty() ? "" : " [" + field + "]"), problem, kRedownload);
}

torch::ScalarType type_of(const fs::path& path, const std::string& tensor, const std::string& name) {
    for (const TypeName& known : kTypes)
        if (known.name == name) return known.type;
    if (name.starts_with("F8"))
        throw Error(ErrorCode::unsupported, path.string() + " [" + tensor + "]", "8-bit floats (" + name + ") cannot be loaded",
                    "Use the bf16 version of this model.");
    throw Error(ErrorCode::unsupported, path.string() + " [" + tensor + "]", "unknown tensor type '" + name + "'", "Convert it to F32 or BF16.");
}

/// a * b, or nothing when it does not fit an int64.
std::optional<std::int64_t> product(std::int64_t a, std::int64_t b) {
    std::int64_t result = 0;
    return __builtin_mul_overflow(a, b, &result) ? std::nullopt : std::optional(result);
}

std::uint64_t unsigned_of(const json& value, const fs::path& path, const std::string& field) {
    if (!value.is_number_unsigned()) refuse(path, field, "is not a count");
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) refuse(path, field, "is out of range");
    return number;
}

std::vector<std::int64_t> shape_of(const json& value, const fs::path& path, const std::string& field) {
    if (!value.is_array() || value.size() > kMaxRank) refuse(path, field, "is not a list of at most 16 sizes");
    std::vector<std::int64_t> shape;
    std::int64_t volume = 1;  // of the sizes that are not 0: strides must fit too
    for (const json& item : value) {
        shape.push_back(static_cast<std::int64_t>(unsigned_of(item, path, field)));
        const auto grown = product(volume, std::max<std::int64_t>(shape.back(), 1));
        if (!grown) refuse(path, field, "describes more elements than any file holds");
        volume = *grown;
    }
    return shape;
}

TensorInfo tensor_info(const std::string& name, const json& entry, const fs::path& path, std::uint64_t data_bytes) {
    if (!entry.is_object() || !entry.contains("dtype") || !entry.contains("shape") || !entry.contains("data_offsets") || !entry["dtype"].is_string())
        refuse(path, name, "lacks dtype, shape or data_offsets");
    const json& offsets = entry["data_offsets"];
    if (!offsets.is_array() || offsets.size() != 2) refuse(path, name + ".data_offsets", "is not a pair");

    TensorInfo info;
    info.name = name;
    info.type = type_of(path, name, entry["dtype"].get<std::string>());
    info.shape = shape_of(entry["shape"], path, name + ".shape");
    info.offset = unsigned_of(offsets[0], path, name + ".data_offsets");
    const std::uint64_t end = unsigned_of(offsets[1], path, name + ".data_offsets");
    if (end < info.offset) refuse(path, name + ".data_offsets", "ends before it begins");
    if (end > data_bytes) refuse(path, name + ".data_offsets", "lies beyond the end of the file: the file is truncated");
    info.bytes = end - info.offset;

    std::optional<std::int64_t> expected = static_cast<std::int64_t>(torch::elementSize(info.type));
    for (const std::int64_t size : info.shape) expected = expected ? product(*expected, size) : std::nullopt;
    if (!expected || static_cast<std::uint64_t>(*expected) != info.bytes) refuse(path, name, "has a shape that does not fit its number of bytes");
    return info;
}

/// nlohmann keeps the last of two equal keys; a weight file with two truths is refused instead.
json parse_header(std::string_view text, const fs::path& path) {
    std::vector<std::set<std::string>> keys;
    const auto watch = [&](int depth, json::parse_event_t event, json& value) {
        if (depth > kMaxHeaderDepth) refuse(path, "header", "is nested too deeply");
        if (event == json::parse_event_t::object_start) keys.emplace_back();
        if (event == json::parse_event_t::object_end) keys.pop_back();
        if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second)
            refuse(path, value.get<std::string>(), "appears twice in the header");
        return true;
    };
    try {
        return json::parse(text, watch);
    } catch (const json::exception&) {
        refuse(path, "header", "is not JSON: this is no safetensors file, or a damaged one");
    }
}

void read_metadata(const json& value, const fs::path& path, SafetensorsMetadata& metadata) {
    if (!value.is_object()) refuse(path, "__metadata__", "is not an object of strings");
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) refuse(path, "__metadata__." + key, "is not a string");
        metadata[key] = text.get<std::string>();
    }
}

}  // namespace

struct SafetensorsFile::State {
    fs::path path;
    MappedFile file;
    std::span<const std::byte> data;
    SafetensorsMetadata metadata;
    std::vector<TensorInfo> tensors;
    std::unordered_map<std::string, std::size_t> by_name;

    explicit State(const fs::path& p) : path(p), file(p) {}
};

SafetensorsFile SafetensorsFile::open(const fs::path& path) {
    auto state = std::make_shared<State>(path);
    const std::span<const std::byte> bytes = state->file.bytes();
    if (bytes.empty()) refuse(path, "", "is empty");
    std::uint64_t header_bytes = 0;
    if (bytes.size() < sizeof header_bytes) refuse(path, "", "is too short for a safetensors file");
    std::memcpy(&header_bytes, bytes.data(), sizeof header_bytes);
    if (header_bytes > kMaxHeaderBytes) refuse(path, "header size", "is " + std::to_string(header_bytes) + " bytes: this is no safetensors file");
    if (header_bytes > bytes.size() - sizeof header_bytes) refuse(path, "header size", "is larger than the file: the file is truncated");
    state->data = bytes.subspan(sizeof header_bytes + header_bytes);

    const json header = parse_header({reinterpret_cast<const char*>(bytes.data()) + sizeof header_bytes, header_bytes}, path);
    if (!header.is_object()) refuse(path, "header", "is not an object");
    for (const auto& [name, entry] : header.items()) {
        if (name == "__metadata__") read_metadata(entry, path, state->metadata);
        else state->tensors.push_back(tensor_info(name, entry, path, state->data.size()));
    }
    std::sort(state->tensors.begin(), state->tensors.end(),
              [](const TensorInfo& a, const TensorInfo& b) { return std::tie(a.offset, a.bytes, a.name) < std::tie(b.offset, b.bytes, b.name); });
    std::uint64_t end = 0;
    for (std::size_t i = 0; i < state->tensors.size(); ++i) {
        const TensorInfo& info = state->tensors[i];
        if (info.offset < end) refuse(path, info.name, "shares bytes with another tensor");
        if (info.offset > end) refuse(path, info.name, "leaves a hole before its data");
        end = info.offset + info.bytes;
        state->by_name[info.name] = i;
    }
    if (end != state->data.size()) refuse(path, "", "has " + std::to_string(state->data.size() - end) + " bytes that belong to no tensor");
    return SafetensorsFile(std::move(state));
}

const fs::path& SafetensorsFile::path() const noexcept { return state_->path; }
const SafetensorsMetadata& SafetensorsFile::metadata() const noexcept { return state_->metadata; }
const std::vector<TensorInfo>& SafetensorsFile::tensors() const noexcept { return state_->tensors; }

const TensorInfo* SafetensorsFile::find(const std::string& name) const noexcept {
    const auto found = state_->by_name.find(name);
    return found == state_->by_name.end() ? nullptr : &state_->tensors[found->second];
}

torch::Tensor SafetensorsFile::tensor(const std::string& name) const {
    const TensorInfo* info = find(name);
    if (!info) throw Error(ErrorCode::not_found, path().string() + " [" + name + "]", "no such tensor", kRedownload);
    if (info->bytes == 0) return torch::empty(info->shape, info->type);
    const std::byte* source = state_->data.data() + info->offset;
    if (reinterpret_cast<std::uintptr_t>(source) % torch::elementSize(info->type) != 0) {
        torch::Tensor copy = torch::empty(info->shape, info->type);
        std::memcpy(copy.data_ptr(), source, info->bytes);
        return copy;
    }
    return torch::from_blob(const_cast<std::byte*>(source), info->shape, [keep = state_](void*) {}, torch::TensorOptions(info->type));
}

void SafetensorsFile::forget(const std::string& name) const noexcept {
    if (const TensorInfo* info = find(name)) state_->file.forget(state_->data.subspan(info->offset, info->bytes));
}

TensorSource source_of(const NamedTensor& item) {
    return {item.name, item.tensor.scalar_type(), item.tensor.sizes().vec(), [tensor = item.tensor.detach()] { return tensor; }};
}

WrittenFile write_sources(const fs::path& path, std::vector<TensorSource> tensors, const SafetensorsMetadata& metadata, const BytesWritten& told) {
    const auto alignment = [](const TensorSource& t) { return torch::elementSize(t.type); };
    std::sort(tensors.begin(), tensors.end(), [&](const TensorSource& a, const TensorSource& b) {
        return alignment(a) != alignment(b) ? alignment(a) > alignment(b) : a.name < b.name;
    });

    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    std::uint64_t offset = 0;
    for (const TensorSource& item : tensors) {
        const auto type = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return t.type == item.type; });
        const std::string subject = path.string() + " [" + item.name + "]";
        if (type == kTypes.end()) throw Error(ErrorCode::usage, subject, "this tensor type cannot be stored", "Convert it to F32 or BF16.");
        if (item.name == "__metadata__" || header.contains(item.name))
            throw Error(ErrorCode::usage, subject, "a tensor name that is taken", "Give every tensor a name of its own.");
        std::uint64_t end = offset + torch::elementSize(item.type) * static_cast<std::uint64_t>(c10::multiply_integers(item.shape));
        header[item.name] = {{"dtype", type->name}, {"shape", item.shape}, {"data_offsets", {offset, end}}};
        offset = end;
    }

    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');  // the data starts aligned
    const std::uint64_t header_bytes = text.size();
    AtomicFile file(path);
    Sha256 hash;
    WrittenFile written;
    const auto write = [&](std::span<const std::byte> bytes) {
        file.write(bytes);
        hash.update(bytes);
        written.bytes += bytes.size();
    };
    write(std::as_bytes(std::span(&header_bytes, 1)));
    write(std::as_bytes(std::span(text.data(), text.size())));
    for (const TensorSource& item : tensors) {
        const torch::Tensor dense = item.read().detach().to(torch::kCPU).contiguous();
        if (dense.scalar_type() != item.type || dense.sizes() != torch::IntArrayRef(item.shape))
            throw Error(ErrorCode::internal, path.string() + " [" + item.name + "]", "changed its type or shape while it was written");
        write({static_cast<const std::byte*>(dense.const_data_ptr()), dense.nbytes()});
        if (told) told(written.bytes);
    }
    file.commit();
    written.sha256 = hash.hex();
    return written;
}

WrittenFile write_safetensors(const fs::path& path, const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata) {
    std::vector<TensorSource> sources;
    for (const NamedTensor& item : tensors) sources.push_back(source_of(item));
    return write_sources(path, std::move(sources), metadata);
}

bool all_finite(const torch::Tensor& tensor) {
    if (!tensor.is_floating_point()) return true;
    // Zero times a finite number is zero, times anything else is NaN: one pass, no mask of the tensor's size.
    return tensor.numel() == 0 || (tensor.detach().to(c10::promoteTypes(tensor.scalar_type(), torch::kFloat)) * 0).sum().item<double>() == 0.0;
}

}  // namespace mirrorme
