#pragma once
// Remarks as JSON: [{"code": ..., "args": [...], "text": ...}, ...].

#include <nlohmann/json.hpp>

#include <vector>

#include "core/remark.h"

namespace mirrorme {

nlohmann::json remarks_json(const std::vector<Remark>& remarks);
/// What of `list` can be read. A plain sentence is one without a name: an older engine's.
std::vector<Remark> remarks_from(const nlohmann::json& list);

}  // namespace mirrorme
