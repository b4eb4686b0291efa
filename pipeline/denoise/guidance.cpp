#include "denoise/guidance.h"

#include <nlohmann/json.hpp>

#include "core/json_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kProjectionEps = 1e-8;
constexpr double kMostScale = 100;

struct ModeName {
    Perturbation kind;
    const char* name;
};
constexpr ModeName kModes[] = {{Perturbation::attention_values, "attention_values"}, {Perturbation::attention_skip, "attention_skip"}, {Perturbation::block_skip, "transformer_block"}};

/// One value a sample, shaped to broadcast against `like`.
Tensor spread(const Tensor& values, const Tensor& like) {
    std::vector<int64_t> shape(static_cast<std::size_t>(like.dim()), 1);
    shape[0] = like.size(0);
    return values.view(shape);
}

Tensor deviation(const Tensor& x) { return x.flatten(1).std(1, /*unbiased=*/true); }

}  // namespace

nlohmann::json to_json(const GuidanceConfig& config) {
    nlohmann::json json = {{"scale", config.scale}, {"projected", config.projected}, {"stg", config.stg}, {"stg_blocks", config.perturbed.blocks}, {"rescale", config.rescale}};
    for (const ModeName& mode : kModes)
        if (mode.kind == config.perturbed.kind) json["stg_mode"] = mode.name;
    return json;
}

GuidanceConfig guidance_config_from_json(const nlohmann::json& value, const std::string& subject, int layers) {
    const JsonObject json(value, subject, "guidance");
    GuidanceConfig config;
    const auto number = [&](const char* key, double low, double high, double& to) {
        if (json.has(key)) to = json.number(key, low, high);
    };
    number("scale", 0, kMostScale, config.scale);
    number("stg", 0, kMostScale, config.stg);
    number("rescale", 0, 1, config.rescale);
    if (json.has("projected")) config.projected = json.flag("projected");
    if (json.has("stg_mode")) {
        const std::string wanted = json.text("stg_mode");
        config.perturbed.kind = Perturbation::none;
        for (const ModeName& mode : kModes)
            if (wanted == mode.name) config.perturbed.kind = mode.kind;
        if (config.perturbed.kind == Perturbation::none) json.wrong("stg_mode", "'" + wanted + "' is not known", "Known are attention_values, attention_skip and transformer_block.");
    }
    if (!json.has("stg_blocks")) return config;
    for (const auto& block : json.array("stg_blocks", 1024)) {
        if (!block.is_number_integer() || block < 0 || block >= layers)
            json.wrong("stg_blocks", "holds something that is no block of this transformer", "Give whole numbers from 0 to " + std::to_string(layers - 1) + ".");
        config.perturbed.blocks.push_back(block.get<int>());
    }
    return config;
}

Conditioning untold(const Conditioning& told) {
    Conditioning nothing = told;
    if (told.audio.defined()) nothing.silent = torch::ones({told.audio.size(0), told.audio.size(1)}, told.audio.options().dtype(torch::kBool));
    nothing.text = nothing.text_mask = nothing.style = nothing.style_mask = Tensor();
    return nothing;
}

Tensor guided_velocity(const Tensor& told, const Tensor& untold, const Tensor& perturbed, const GuidanceConfig& config) {
    Tensor g = told;
    if (untold.defined()) {
        Tensor u = untold;
        if (config.projected) u = u * spread((told * u).flatten(1).sum(1) / (u.flatten(1).square().sum(1) + kProjectionEps), u);
        g = u + config.scale * (told - u);
    }
    if (!perturbed.defined()) return g;
    g = g + config.stg * (told - perturbed);
    if (config.rescale == 0) return g;
    return g * spread(config.rescale * deviation(told) / deviation(g) + (1 - config.rescale), g);
}

}  // namespace mirrorme
