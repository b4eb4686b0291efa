#pragma once
// Fields of a task's JSON that may be left out: `value` then stays what it is. Error as JsonObject's for what is no number or out of [low, high].

#include <cstdint>
#include <string_view>

#include "core/json_fields.h"

namespace mirrorme {

inline void read(const JsonObject& o, std::string_view key, double low, double high, double& value) {
    if (o.has(key)) value = o.number(key, low, high);
}
inline void read(const JsonObject& o, std::string_view key, double low, double high, float& value) {
    if (o.has(key)) value = static_cast<float>(o.number(key, low, high));
}
inline void read(const JsonObject& o, std::string_view key, std::int64_t low, std::int64_t high, int& value) {
    if (o.has(key)) value = static_cast<int>(o.integer(key, low, high));
}

}  // namespace mirrorme
