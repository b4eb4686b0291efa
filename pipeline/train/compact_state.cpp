// Note [Eight bits of state]
// A first moment needs its sign and rough size: each block of 256 is scaled by its largest magnitude and companded by a square
// root, so that small entries keep some bits. A second moment divides, so that a small one must never become zero: it is stored as a
// logarithm between the block's smallest and largest, which keeps the relative error the same everywhere (with 20 octaves
// in a block: 3 %). Averages differ little from the weights and are stored as that difference.

#include "train/compact_state.h"

#include <map>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/files.h"

namespace mirrorme {
namespace fs = std::filesystem;
using torch::Tensor;

namespace {

constexpr std::int64_t kBlock = 256;
constexpr const char* kFirstPart = "part-0.safetensors";

/// [n] as [blocks, kBlock], the tail filled with the last value so that it does not widen the block's range.
Tensor in_blocks(const Tensor& values) {
    const Tensor flat = values.detach().to(torch::kCPU, torch::kFloat).flatten();
    const std::int64_t padding = (kBlock - flat.numel() % kBlock) % kBlock;
    if (padding == 0) return flat.view({-1, kBlock});
    return torch::cat({flat, flat.slice(0, -1).expand({padding})}).view({-1, kBlock});
}

Tensor out_of_blocks(const Tensor& blocks, torch::IntArrayRef shape, std::int64_t count) { return blocks.flatten().slice(0, 0, count).reshape(shape).contiguous(); }

std::int64_t count_of(torch::IntArrayRef shape) { return c10::multiply_integers(shape); }

std::uint64_t bytes_of(const NamedTensor& tensor) { return tensor.tensor.nbytes() + tensor.name.size() + 128; }

void add_blocks(std::vector<NamedTensor>& out, const std::string& name, const Blocks& blocks) {
    out.push_back({name + "#codes", blocks.codes});
    out.push_back({name + "#scales", blocks.scales});
}

std::vector<NamedTensor> compact_tensors(const std::vector<TrainedModule>& modules, const Optimizer& optimizer) {
    std::vector<NamedTensor> out;
    std::map<std::string, bool> trained;
    for (const TrainedTensor& t : optimizer.tensors()) {
        const Tensor rounded = t.weight.detach().to(torch::kCPU).to(torch::kBFloat16);
        out.push_back({"weight/" + t.name, rounded});
        add_blocks(out, "average/" + t.name, pack_signed(t.average.to(torch::kCPU) - rounded.to(torch::kFloat)));
        add_blocks(out, "first/" + t.name, pack_signed(t.first));
        add_blocks(out, "second/" + t.name, pack_positive(t.second));
        out.push_back({"count/" + t.name, t.count.to(torch::kCPU)});
        trained[t.name] = true;
    }
    for (const TrainedModule& m : modules) {
        for (const auto& buffer : m.module->named_buffers()) out.push_back({"other/" + m.prefix + buffer.key(), buffer.value().to(torch::kCPU)});
        for (const auto& p : m.module->named_parameters())
            if (!trained.contains(m.prefix + p.key())) out.push_back({"other/" + m.prefix + p.key(), p.value().detach().to(torch::kCPU).to(torch::kBFloat16)});
    }
    return out;
}

/// Every tensor of every part, by name.
class Parts {
public:
    explicit Parts(const fs::path& directory) : directory_(directory) {
        for (int i = 0;; ++i) {
            const fs::path file = directory / ("part-" + std::to_string(i) + ".safetensors");
            if (i > 0 && !fs::exists(file)) break;
            files_.push_back(SafetensorsFile::open(file));
        }
    }
    Tensor tensor(const std::string& name) const {
        for (const SafetensorsFile& file : files_)
            if (file.find(name)) return file.tensor(name);
        throw Error(ErrorCode::mismatch, directory_.string(), "has no tensor '" + name + "'", "The state belongs to another configuration");
    }
    Tensor shaped(const std::string& name, torch::IntArrayRef shape) const {
        Tensor found = tensor(name);
        if (found.sizes() != shape) refuse_shape(name);
        return found;
    }
    Blocks blocks(const std::string& name, torch::IntArrayRef shape, std::int64_t columns) const {
        Blocks found{tensor(name + "#codes"), tensor(name + "#scales")};
        const std::int64_t count = count_of(shape), rows = (count + kBlock - 1) / kBlock;
        if (found.codes.numel() != count || found.scales.numel() != rows * columns) refuse_shape(name);
        return found;
    }

private:
    [[noreturn]] void refuse_shape(const std::string& name) const {
        throw Error(ErrorCode::mismatch, directory_.string(), "tensor '" + name + "' has another shape", "The state belongs to another configuration");
    }
    fs::path directory_;
    std::vector<SafetensorsFile> files_;
};

}  // namespace

Blocks pack_signed(const Tensor& values) {
    const Tensor blocks = in_blocks(values);
    const Tensor scale = blocks.abs().amax(1, true).clamp_min(1e-30);
    const Tensor codes = (blocks.sign() * (blocks.abs() / scale).sqrt() * 127).round();
    return {codes.to(torch::kInt8).flatten().slice(0, 0, values.numel()).contiguous(), scale};
}

Tensor unpack_signed(const Blocks& blocks, torch::IntArrayRef shape) {
    const Tensor codes = in_blocks(blocks.codes) / 127;
    return out_of_blocks(codes * codes.abs() * blocks.scales.to(torch::kFloat).view({-1, 1}), shape, blocks.codes.numel());
}

Blocks pack_positive(const Tensor& values) {
    const Tensor blocks = in_blocks(values), zero = blocks <= 0;
    const Tensor logs = blocks.clamp_min(1e-38).log2();
    const Tensor low = logs.masked_fill(zero, 1e9).amin(1, true).clamp_max(0), high = torch::maximum(logs.masked_fill(zero, -1e9).amax(1, true), low + 1e-3);
    const Tensor codes = ((logs - low) / (high - low) * 254).round().clamp(0, 254) + 1;  // 0 says zero
    return {codes.masked_fill(zero, 0).to(torch::kUInt8).flatten().slice(0, 0, values.numel()).contiguous(), torch::cat({low, high}, 1)};
}

Tensor unpack_positive(const Blocks& blocks, torch::IntArrayRef shape) {
    const Tensor codes = in_blocks(blocks.codes), range = blocks.scales.to(torch::kFloat).view({-1, 2});
    const Tensor low = range.slice(1, 0, 1), high = range.slice(1, 1, 2);
    const Tensor values = (low + (codes - 1) / 254 * (high - low)).exp2().masked_fill(codes == 0, 0);
    return out_of_blocks(values, shape, blocks.codes.numel());
}

void write_compact_state(const fs::path& directory, const RunState& state, const std::vector<TrainedModule>& modules, const Optimizer& optimizer) {
    torch::NoGradGuard no_grad;
    std::vector<std::vector<NamedTensor>> parts(1);
    std::uint64_t part_bytes = 0, total = 0;
    for (NamedTensor& tensor : compact_tensors(modules, optimizer)) {
        const std::uint64_t bytes = bytes_of(tensor);
        if (part_bytes + bytes > kCompactPartBytes && !parts.back().empty()) {
            parts.emplace_back();
            part_bytes = 0;
        }
        part_bytes += bytes;
        total += bytes;
        if (part_bytes > kCompactPartBytes || total > kCompactTotalBytes)
            throw Error(ErrorCode::too_large, directory.string(), "the state of this run does not fit into " + std::to_string(kCompactTotalBytes >> 20) + " MiB",
                        "Carry the checkpoint folder instead");
        parts.back().push_back(std::move(tensor));
    }
    const fs::path fresh = temporary_beside(directory);
    fs::create_directories(fresh);
    for (std::size_t i = 0; i < parts.size(); ++i) write_safetensors(fresh / ("part-" + std::to_string(i) + ".safetensors"), std::move(parts[i]));
    write_file(fresh / "state.json", to_json(state).dump(1));
    replace_directory(fresh, directory);
}

RunState read_compact_state(const fs::path& directory, const std::string& task, const std::vector<TrainedModule>& modules, Optimizer& optimizer) {
    torch::NoGradGuard no_grad;
    RunState state = read_run_state(directory);
    if (state.task != task)
        throw Error(ErrorCode::mismatch, directory.string(), "is a state of '" + state.task + "', not of '" + task + "'", "Name another folder");
    const Parts parts(directory);
    std::vector<std::pair<Tensor, Tensor>> copies;
    std::map<std::string, bool> trained;
    for (const TrainedTensor& t : optimizer.tensors()) {
        const auto shape = t.weight.sizes();
        const Tensor weight = parts.shaped("weight/" + t.name, shape).to(torch::kFloat);
        copies.emplace_back(t.weight, weight);
        copies.emplace_back(t.average, weight + unpack_signed(parts.blocks("average/" + t.name, shape, 1), shape));
        copies.emplace_back(t.first, unpack_signed(parts.blocks("first/" + t.name, shape, 1), shape));
        copies.emplace_back(t.second, unpack_positive(parts.blocks("second/" + t.name, shape, 2), shape));
        copies.emplace_back(t.count, parts.shaped("count/" + t.name, {}));
        trained[t.name] = true;
    }
    for (const TrainedModule& m : modules) {
        for (const auto& b : m.module->named_buffers()) copies.emplace_back(b.value(), parts.shaped("other/" + m.prefix + b.key(), b.value().sizes()));
        for (const auto& p : m.module->named_parameters())
            if (!trained.contains(m.prefix + p.key())) copies.emplace_back(p.value(), parts.shaped("other/" + m.prefix + p.key(), p.value().sizes()));
    }
    for (const auto& [to, from] : copies) to.detach().copy_(from);
    return state;
}

bool is_compact_state(const fs::path& directory) { return fs::exists(directory / kFirstPart); }

}  // namespace mirrorme
