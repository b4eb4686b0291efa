// One training step of the whole model at the published size, in bfloat16: 2.4 billion weights and their gradients take 10 GB.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <map>
#include <string>

#include "denoise/dit_model.h"
#include "denoise/positions.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "features/pose_encoder.h"
#include "published/load_module.h"
#include "published/speaking_parts.h"

using namespace mirrorme;
using torch::Tensor;

namespace {

constexpr int64_t kLatents = 2, kHeight = 2, kWidth = 2;

AudioFrontEndConfig ears_of(const DitConfig& config) {
    AudioFrontEndConfig ears;
    ears.backbone = BackboneKind::wav2vec2;
    ears.fps = config.grid.fps;
    ears.encoder.temporal = config.grid.temporal;
    ears.encoder.tokens = config.adapter.tokens;
    ears.encoder.width = config.adapter.audio_dim;
    ears.fit_encoder();
    return ears;
}

/// Weights that are zero at first would stop gradients behind them.
void stir(torch::nn::Module& module) {
    torch::NoGradGuard no_grad;
    for (Tensor& weight : module.parameters())
        if (weight.count_nonzero().item<int64_t>() == 0) weight.fill_(0.01);
}

}  // namespace

TEST_CASE("one full-size step reaches every module with finite gradients", "[full]") {
    torch::manual_seed(1);
    DitConfig config = ltx_2b_config();
    config.grid.fps = {24, 1};
    fit_speaking_parts(config, 8, 32);
    DitModel model{nullptr};
    {
        const DefaultType narrow(torch::kBFloat16);
        model = DitModel(config);
    }
    AudioFrontEnd ears(ears_of(config));
    stir(*model);
    stir(*ears);

    const IndexSpan all{0, kLatents};
    const AudioTokens heard = ears->encode(torch::randn({1, ears->span(all, FirstLatent::still).size()}) * 0.1, all, FirstLatent::still);
    const auto like = torch::TensorOptions(torch::kBFloat16);
    const Tensor clean = torch::randn({1, config.in_channels, kLatents, kHeight, kWidth}), noise = torch::randn_like(clean);
    DitPass pass;
    pass.noisy = add_noise(clean, noise, torch::full({1}, 0.7)).to(like);
    pass.time = torch::full({1}, 0.7);
    Conditioning& told = pass.conditioning;
    told.audio = heard.tokens.to(like);
    told.silent = torch::tensor({{false, true}});
    told.identity = torch::randn({1, config.in_channels, 1, kHeight, kWidth}).to(like);
    told.pose = torch::rand({1, kLatents, PoseEncoder::pose_dim(config)});
    told.pose_given = torch::tensor({{true, false}});
    told.face_mask = torch::rand({1, kLatents, kHeight * kWidth});
    told.style = torch::randn({1, config.style.dim}).to(like);
    const auto error = [&] { return (model->forward(pass).to(torch::kFloat) - velocity_of(clean, noise)).square().mean(); };
    Tensor loss = error();  // told no text: the learned null
    told.text = torch::randn({1, 3, config.caption_channels}).to(like);
    loss = loss + error();
    REQUIRE(std::isfinite(loss.item<double>()));
    loss.backward();

    std::map<std::string, double> of_module;  // largest gradient, by the name without numbers of blocks and layers
    const auto look = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& item : module.named_parameters()) {
            INFO(prefix << item.key());
            REQUIRE(item.value().grad().defined());
            const double largest = item.value().grad().abs().max().to(torch::kFloat).item<double>();
            CHECK(std::isfinite(largest));
            std::string name = prefix + item.key();
            std::erase_if(name, [](char c) { return c >= '0' && c <= '9'; });
            of_module[name] = std::max(of_module[name], largest);
        }
    };
    look("denoiser.", *model);
    look("audio.encoder.", *ears->named_children()["encoder"]);
    for (const auto& [name, largest] : of_module) {
        INFO(name);
        CHECK(largest > 0);
    }
    CHECK(of_module.size() > 40);
}
