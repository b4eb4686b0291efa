// Our modules around LTX's transformer at the published width, two blocks of it: what tests/stages/test_dit_modules.cpp and test_context_cache.cpp
// say of small ones holds at full size.

#include <catch2/catch_test_macros.hpp>

#include <utility>

#include "denoise/denoiser.h"
#include "support/dit_small.h"

using namespace mirrorme;
using mirrorme::testing::largest_difference;
using mirrorme::testing::part_of;
using torch::Tensor;

namespace {

constexpr int64_t kHeight = 2, kWidth = 3, kCells = kHeight * kWidth;

DitConfig full_config() {
    DitConfig config = ltx_2b_config();
    config.num_layers = 2;
    config.adapter = {.enabled = true, .tokens = 4, .audio_dim = 1024};
    config.pose = {.kind = PoseKind::maps, .tokens = {}};
    config.style = {.dim = 64, .audio_tokens = {}};
    return config;
}

/// LTX's weights are the same whatever else the model has; ours start as they do before training.
DitModel untrained_model(const DitConfig& config) {
    torch::manual_seed(1);
    DitModel model(config);
    for (auto& item : model->named_parameters())
        if (is_ltx_tensor(item.key())) golden::fill(item.value(), item.key());
    return model;
}

Conditioning everything(const DitConfig& config, int64_t frames) {
    Conditioning told;
    told.audio = golden::input("audio", {1, frames, config.adapter.tokens + 1, config.adapter.audio_dim});
    told.silent = torch::zeros({1, frames}, torch::kBool);
    told.silent.select(1, 1).fill_(true);
    told.pose = golden::input("pose", {1, frames, PoseEncoder::pose_dim(config)}) * 0.5 + 0.5;
    told.pose_given = torch::ones({1, frames}, torch::kBool);
    told.pose_given.select(1, frames - 1).fill_(false);
    told.face_mask = golden::input("mask", {1, frames, kCells}) * 0.5 + 0.5;
    told.style = golden::input("style", {1, config.style.dim});
    told.style_mask = golden::input("style mask", {1, frames, kCells}) * 0.5 + 0.5;
    told.text = golden::input("text", {1, 3, config.caption_channels});
    return told;
}

}  // namespace

TEST_CASE("untrained modules at full width leave LTX's output as it is, bit for bit, and a picture is a part of the sequence") {
    torch::NoGradGuard no_grad;
    const DitConfig config = full_config();
    DitModel with = untrained_model(config);
    DitConfig plain_config = config;
    plain_config.adapter.enabled = false;
    plain_config.pose.kind = PoseKind::none;
    plain_config.style.dim = 0;
    DitModel without = untrained_model(plain_config);

    DitPass pass;
    pass.noisy = golden::input("noisy", {1, 128, 3, kHeight, kWidth});
    pass.time = torch::full({1}, 0.7);
    DitPass plain = pass;
    pass.conditioning = everything(config, 3);
    plain.conditioning.text = pass.conditioning.text;
    CHECK(with->forward(pass).equal(without->forward(plain)));

    pass.conditioning.identity = golden::input("identity", {1, 128, 1, kHeight, kWidth});
    LtxPass joined;
    joined.tokens = torch::cat({latents_to_tokens(pass.conditioning.identity), latents_to_tokens(pass.noisy)}, 1);
    joined.timestep = torch::cat({torch::zeros({1, kCells}), torch::full({1, 3 * kCells}, 700.0)}, 1);
    joined.text = pass.conditioning.text;
    joined.coordinates = token_coordinates({config.grid.identity_time * config.grid.temporal, 0, 1, 9}, {.h = kHeight, .w = kWidth}, config);
    const Tensor expected = without->forward_tokens(joined).slice(1, kCells);
    CHECK(largest_difference(latents_to_tokens(with->forward(pass)), expected) < 1e-5 * expected.abs().max().item<double>());
}

TEST_CASE("gradients at full width reach the outputs of untrained modules, and after one step everything of ours") {
    DitModel model = untrained_model(full_config());
    DitPass pass;
    pass.noisy = golden::input("noisy", {1, 128, 3, kHeight, kWidth});
    pass.time = torch::full({1}, 0.7);
    pass.conditioning = everything(model->config(), 3);
    pass.conditioning.text = Tensor();  // the learned null
    for (auto& item : model->named_parameters()) item.value().set_requires_grad(!is_ltx_tensor(item.key()));

    const auto reached = [&](const std::string& name, const Tensor& parameter) {
        INFO(name);
        REQUIRE(parameter.grad().defined());
        CHECK(torch::isfinite(parameter.grad()).all().item<bool>());
        return parameter.grad().abs().max().item<double>() > 0;
    };
    model->forward(pass).square().mean().backward();
    {
        torch::NoGradGuard no_grad;
        int outputs = 0;
        for (auto& item : model->named_parameters()) {
            if (is_ltx_tensor(item.key())) continue;
            Tensor& parameter = item.value();
            if (parameter.abs().max().item<double>() == 0 && item.key().find("null") == std::string::npos) {
                CHECK(reached(item.key(), parameter));
                ++outputs;
            }
            parameter -= parameter.grad() * (0.1 / parameter.grad().abs().max().clamp_min(1e-12));
            parameter.mutable_grad().zero_();
        }
        CHECK(outputs >= 2 + 2 + 2 * 2);  // weights and biases: pose, style, an adapter a block
    }
    model->forward(pass).square().mean().backward();
    for (const auto& item : model->named_parameters())
        if (!is_ltx_tensor(item.key())) {
            INFO(item.key());
            CHECK(reached(item.key(), item.value()));
        }
}

TEST_CASE("at full width three cached chunks equal one block-causal pass over the clip") {
    torch::NoGradGuard no_grad;
    DitConfig config = full_config();
    config.context = {.mode = AttentionMode::block_causal, .chunk = 1, .window = 2};
    DitModel model(config);
    golden::fill(*model);
    model->eval();
    Denoiser denoiser(model, {.schedule = Schedule::list, .times = {1, 0.6}});
    Conditioning told = everything(config, 3);
    told.identity = golden::input("identity", {1, 128, 1, kHeight, kWidth});
    StreamSetup setup;
    setup.identity = told.identity;
    setup.text = told.text;
    setup.positions = StreamPositions::absolute;
    auto cache = denoiser.start(setup);
    std::vector<Tensor> chunks;
    for (LatentIndex first = 0; first < 3; ++first) {
        Conditioning part = part_of(told, first, 1);
        part.style_mask = told.style_mask.narrow(1, first, 1);
        chunks.push_back(denoiser.run({first, first + 1}, part, *cache, 11));
    }
    const Tensor made = torch::cat(chunks, 2);

    Tensor x = latent_noise(made.sizes(), 0, 0, 11);
    for (const auto& [t, next] : {std::pair{1.0, 0.6}, std::pair{0.6, 0.0}}) {
        DitPass pass;
        pass.noisy = x;
        pass.time = torch::full({1}, t);
        pass.conditioning = told;
        pass.history = made;
        x = x - model->forward(pass) * (t - next);
    }
    CHECK(largest_difference(x, made) < 1e-4 * made.abs().max().item<double>());
}
