#include "core/remark_json.h"

#include <string>
#include <utility>

namespace mirrorme {
using nlohmann::json;

namespace {

std::string text_in(const json& object, const char* key) { return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : std::string(); }

}  // namespace

json remarks_json(const std::vector<Remark>& remarks) {
    json list = json::array();
    for (const Remark& one : remarks) list.push_back({{"code", one.code}, {"args", one.args}, {"text", one.text}});
    return list;
}

std::vector<Remark> remarks_from(const json& list) {
    std::vector<Remark> remarks;
    if (!list.is_array()) return remarks;
    for (const json& one : list) {
        Remark remark;
        if (one.is_string()) remark.text = one.get<std::string>();
        if (one.is_object()) {
            remark.code = text_in(one, "code");
            remark.text = text_in(one, "text");
            if (one.contains("args") && one["args"].is_array())
                for (const json& arg : one["args"]) remark.args.push_back(arg.is_string() ? arg.get<std::string>() : std::string());
        }
        if (!remark.empty()) remarks.push_back(std::move(remark));
    }
    return remarks;
}

}  // namespace mirrorme
