#include "core/json_fields.h"

#include <algorithm>
#include <fstream>
#include <numeric>
#include <sstream>
#include <system_error>
#include <vector>

#include "core/error.h"

namespace mirrorme {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string number_text(double value) {
    std::ostringstream out;
    out << value;
    return out.str();
}

}  // namespace

json parse_json(std::string_view text, const std::string& subject) {
    try {
        return json::parse(text);
    } catch (const json::parse_error& e) {
        const std::size_t end = std::min<std::size_t>(e.byte, text.size());
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(end), '\n');
        throw Error(ErrorCode::unreadable, subject, "is not JSON (line " + std::to_string(line) + ")",
                    "Look for a missing comma, quote or bracket there");
    }
}

std::string read_text_file(const fs::path& file, std::uintmax_t limit_bytes) {
    std::error_code failed;
    const fs::file_status status = fs::status(file, failed);
    if (!fs::exists(status)) throw Error(ErrorCode::not_found, file.string(), "does not exist", "Check the path");
    if (!fs::is_regular_file(status)) throw Error(ErrorCode::unreadable, file.string(), "is not a file", "Give a file");
    const std::uintmax_t size = fs::file_size(file, failed);
    if (failed) throw Error(ErrorCode::unreadable, file.string(), failed.message());
    if (size > limit_bytes)
        throw Error(ErrorCode::too_large, file.string(), "has " + std::to_string(size) + " bytes, at most " + std::to_string(limit_bytes) + " are read");
    std::ifstream in(file, std::ios::binary);
    std::string text(static_cast<std::size_t>(size), '\0');
    if (!in || !in.read(text.data(), static_cast<std::streamsize>(size)))
        throw Error(ErrorCode::unreadable, file.string(), "cannot be read", "Check its permissions");
    return text;
}

json read_json_file(const fs::path& file, std::uintmax_t limit_bytes) { return parse_json(read_text_file(file, limit_bytes), file.string()); }

JsonObject::JsonObject(const json& value, std::string subject, std::string path)
    : value_(value), subject_(std::move(subject)), path_(std::move(path)) {
    if (!value_.is_object())
        throw Error(ErrorCode::unreadable, subject_, (path_.empty() ? std::string("the document") : "field '" + path_ + "'") + " is not an object",
                    "Write {...} there");
}

std::string JsonObject::name_of(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + '.' + std::string(key); }

void JsonObject::wrong(std::string_view key, const std::string& problem, const std::string& remedy) const {
    throw Error(ErrorCode::mismatch, subject_, "field '" + name_of(key) + "' " + problem, remedy);
}

const json& JsonObject::raw(std::string_view key) const {
    const auto found = value_.find(key);
    if (found == value_.end()) wrong(key, "is missing", "Add it");
    return *found;
}

std::string JsonObject::text(std::string_view key) const {
    const json& v = raw(key);
    if (!v.is_string()) wrong(key, "is not text", "Write it in quotes");
    return v.get<std::string>();
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t minimum, std::int64_t maximum) const {
    const json& v = raw(key);
    const std::string range = "Write a whole number from " + std::to_string(minimum) + " to " + std::to_string(maximum);
    if (!v.is_number_integer()) wrong(key, "is not a whole number", range);
    // Unsigned numbers above int64 would wrap to negative ones.
    if (v.is_number_unsigned() && v.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) wrong(key, "is out of range", range);
    const auto value = v.get<std::int64_t>();
    if (value < minimum || value > maximum) wrong(key, "is " + std::to_string(value), range);
    return value;
}

double JsonObject::number(std::string_view key, double minimum, double maximum) const {
    const json& v = raw(key);
    const std::string range = "Write a number from " + number_text(minimum) + " to " + number_text(maximum);
    if (!v.is_number()) wrong(key, "is not a number", range);
    const double value = v.get<double>();
    if (!(value >= minimum && value <= maximum)) wrong(key, "is " + number_text(value), range);
    return value;
}

bool JsonObject::flag(std::string_view key) const {
    const json& v = raw(key);
    if (!v.is_boolean()) wrong(key, "is neither true nor false", "Write true or false");
    return v.get<bool>();
}

JsonObject JsonObject::object(std::string_view key) const { return JsonObject(raw(key), subject_, name_of(key)); }

const json& JsonObject::array(std::string_view key, std::size_t limit) const {
    const json& v = raw(key);
    if (!v.is_array()) wrong(key, "is not a list", "Write [...] there");
    if (v.size() > limit)
        throw Error(ErrorCode::too_large, subject_, "field '" + name_of(key) + "' has " + std::to_string(v.size()) + " entries, at most " +
                                                        std::to_string(limit) + " are read");
    return v;
}

void JsonObject::refuse_unknown(std::span<const std::string_view> known) const {
    for (const auto& [key, ignored] : value_.items()) {
        if (std::find(known.begin(), known.end(), key) != known.end()) continue;
        const std::string nearest = nearest_name(key, known);
        wrong(key, "is unknown", nearest.empty() ? "Remove it" : "Did you mean '" + nearest + "'?");
    }
}

std::string nearest_name(std::string_view word, std::span<const std::string_view> candidates) {
    std::size_t best = std::max<std::size_t>(2, word.size() / 3) + 1;
    std::string_view nearest;
    for (const std::string_view candidate : candidates) {
        std::vector<std::size_t> row(candidate.size() + 1);  // edit distance, one row at a time
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 1; i <= word.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                const std::size_t substitute = diagonal + (word[i - 1] == candidate[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
            }
        }
        if (row.back() < best) {
            best = row.back();
            nearest = candidate;
        }
    }
    return std::string(nearest);
}

}  // namespace mirrorme
