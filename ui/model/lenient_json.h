#pragma once
// Reading what another module says about itself: whatever is missing, of another type or no JSON at all keeps its default,
// because a panel must show what it understands of a newer or a broken source. Files that people write go through JsonObject instead.

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme::ui {

/// The object in `text`, or an empty one.
inline nlohmann::json parse_object(std::string_view text) {
    try {
        nlohmann::json document = parse_json(text, "status");
        if (document.is_object()) return document;
    } catch (const Error&) {
        // shown as unknown
    }
    return nlohmann::json::object();
}

inline const nlohmann::json& field(const nlohmann::json& object, const char* key) {
    static const nlohmann::json kNothing;
    if (!object.is_object()) return kNothing;
    const auto found = object.find(key);
    return found == object.end() ? kNothing : *found;
}

inline std::string text_in(const nlohmann::json& object, const char* key) {
    const nlohmann::json& value = field(object, key);
    return value.is_string() ? value.get<std::string>() : std::string();
}

inline double number_in(const nlohmann::json& object, const char* key, double otherwise = 0) {
    const nlohmann::json& value = field(object, key);
    if (!value.is_number()) return otherwise;
    const auto number = value.get<double>();
    return std::isfinite(number) ? number : otherwise;
}

inline std::int64_t integer_in(const nlohmann::json& object, const char* key, std::int64_t otherwise = 0) {
    constexpr double kExact = 9007199254740992.0;  // 2^53
    const double number = number_in(object, key, static_cast<double>(otherwise));
    return number >= -kExact && number <= kExact ? static_cast<std::int64_t>(number) : otherwise;
}

inline bool flag_in(const nlohmann::json& object, const char* key) {
    const nlohmann::json& value = field(object, key);
    return value.is_boolean() && value.get<bool>();
}

inline bool is_number_in(const nlohmann::json& object, const char* key) { return field(object, key).is_number(); }

}  // namespace mirrorme::ui
