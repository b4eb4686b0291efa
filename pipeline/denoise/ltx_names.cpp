#include "denoise/ltx_names.h"

#include <array>

namespace mirrorme {
namespace {

struct Renamed {
    std::string_view published, ours;
};
constexpr std::array<Renamed, 4> kSegments = {
    {{"patchify_proj", "proj_in"}, {"adaln_single", "time_embed"}, {"q_norm", "norm_q"}, {"k_norm", "norm_k"}}};

/// `name` with every segment that is `from` in the table replaced by `to`.
std::string renamed(std::string_view name, std::string_view Renamed::*from, std::string_view Renamed::*to) {
    std::string out;
    while (!name.empty()) {
        const std::size_t dot = name.find('.');
        std::string_view segment = name.substr(0, dot);
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
        for (const Renamed& rename : kSegments)
            if (segment == rename.*from) {
                segment = rename.*to;
                break;
            }
        if (!out.empty()) out += '.';
        out += segment;
    }
    return out;
}

}  // namespace

std::optional<std::string> transformer_name_of_single_file(std::string_view name) {
    if (!name.starts_with(kTransformerPrefix)) return std::nullopt;
    return renamed(name.substr(std::string_view(kTransformerPrefix).size()), &Renamed::published, &Renamed::ours);
}

std::string single_file_name_of_transformer(std::string_view name) {
    return kTransformerPrefix + renamed(name, &Renamed::ours, &Renamed::published);
}

}  // namespace mirrorme
