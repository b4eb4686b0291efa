#pragma once
// Reading JSON that a person may have written: every refusal names the file, the field and the remedy,
// and no size is believed before it is checked. Throws Error (unreadable: not JSON or a wrong type; mismatch: a wrong value).

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mirrorme {

/// Parses `text`; `subject` names where it came from.
nlohmann::json parse_json(std::string_view text, const std::string& subject);

/// Reads and parses a whole file of at most `limit_bytes`.
nlohmann::json read_json_file(const std::filesystem::path& file, std::uintmax_t limit_bytes);

/// Text of `file`, at most `limit_bytes`; Error{not_found, too_large, unreadable}.
std::string read_text_file(const std::filesystem::path& file, std::uintmax_t limit_bytes);

/// One JSON object seen through its field names. Holds references: the json and this object must outlive their children.
class JsonObject {
public:
    /// `subject` = file or message the object came from; `path` = where inside it ("" for the root).
    JsonObject(const nlohmann::json& value, std::string subject, std::string path = {});

    bool has(std::string_view key) const { return value_.contains(key); }
    const nlohmann::json& raw(std::string_view key) const;  // Error when missing

    std::string text(std::string_view key) const;
    std::int64_t integer(std::string_view key, std::int64_t minimum, std::int64_t maximum) const;
    double number(std::string_view key, double minimum, double maximum) const;
    bool flag(std::string_view key) const;
    JsonObject object(std::string_view key) const;
    const nlohmann::json& array(std::string_view key, std::size_t limit) const;

    /// Error naming the first field that is not in `known`, with the nearest known name as the remedy.
    void refuse_unknown(std::span<const std::string_view> known) const;

    [[noreturn]] void wrong(std::string_view key, const std::string& problem, const std::string& remedy = {}) const;
    const std::string& subject() const noexcept { return subject_; }
    const nlohmann::json& value() const noexcept { return value_; }

private:
    std::string name_of(std::string_view key) const;

    const nlohmann::json& value_;
    std::string subject_, path_;
};

/// The candidate with the smallest edit distance to `word`; empty when none is near enough to be meant.
std::string nearest_name(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace mirrorme
