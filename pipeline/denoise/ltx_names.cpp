#include "denoise/ltx_names.h"

#include <array>

namespace mirrorme {
namespace {

struct Renamed {
    std::string_view published, ours;
};
constexpr std::array<Renamed, 4> kSegments = {
    {{"patchify_proj", "proj_in"}, {"adaln_single", "time_embed"}, {"q_norm", "norm_q"}, {"k_norm", "norm_k"}}};

}  // namespace

std::optional<std::string> transformer_name_of_single_file(std::string_view name) {
    constexpr std::string_view kPrefix = "model.diffusion_model.";
    if (!name.starts_with(kPrefix)) return std::nullopt;
    name.remove_prefix(kPrefix.size());
    std::string out;
    while (!name.empty()) {
        const std::size_t dot = name.find('.');
        std::string_view segment = name.substr(0, dot);
        name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
        for (const Renamed& rename : kSegments)
            if (segment == rename.published) segment = rename.ours;
        if (!out.empty()) out += '.';
        out += segment;
    }
    return out;
}

}  // namespace mirrorme
