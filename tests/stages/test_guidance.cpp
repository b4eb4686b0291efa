// Guidance and clips made in windows, against their formulas written out.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "denoise/clip_denoiser.h"
#include "denoise/denoiser.h"
#include "support/dit_small.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
using mirrorme::testing::largest_difference;
using mirrorme::testing::part_of;
using torch::Tensor;

namespace {

constexpr int64_t kHeight = 2, kWidth = 3, kCells = kHeight * kWidth;

DitConfig clip_config() {
    DitConfig config;
    config.num_layers = 3;
    config.num_attention_heads = 2;
    config.attention_head_dim = 12;
    config.in_channels = config.out_channels = 8;
    config.caption_channels = 5;
    config.cross_attention_dim = config.width();
    config.adapter = {.enabled = true, .tokens = 2, .audio_dim = 8};
    config.pose = {.kind = PoseKind::maps, .hidden = 4, .tokens = {}};
    config.style = {.dim = 6, .audio_tokens = {}};
    config.context = {.mode = AttentionMode::block_causal, .one_shot = true};
    return config;
}

DitModel clip_model() {
    DitModel model(clip_config());
    golden::fill(*model);
    model->eval();
    return model;
}

Conditioning told_of(int64_t frames) {
    const DitConfig config = clip_config();
    Conditioning told;
    told.identity = golden::input("identity", {1, config.in_channels, 1, kHeight, kWidth});
    told.audio = golden::input("audio", {1, frames, config.adapter.tokens + 1, config.adapter.audio_dim});
    told.silent = torch::zeros({1, frames}, torch::kBool);
    told.pose = golden::input("pose", {1, frames, PoseEncoder::pose_dim(config)}) * 0.5 + 0.5;
    told.pose_given = torch::ones({1, frames}, torch::kBool);
    told.style = golden::input("style", {1, config.style.dim});
    told.text = golden::input("text", {1, 3, config.caption_channels});
    return told;
}

/// Sampled without windows: every step written out.
Tensor one_shot(DitModel& model, const Conditioning& told, int64_t frames, const SamplerConfig& sampler, std::uint64_t seed) {
    torch::NoGradGuard no_grad;
    Tensor x = latent_noise({1, 8, frames, kHeight, kWidth}, 0, 0, seed);
    const std::vector<double> times = schedule_times(sampler, frames * kCells);
    for (std::size_t i = 0; i < times.size(); ++i) {
        const double t = times[i], next = i + 1 < times.size() ? times[i + 1] : 0;
        DitPass pass;
        pass.noisy = x;
        pass.time = torch::full({1}, t);
        pass.conditioning = told;
        pass.context = clip_config().context;
        pass.context->mode = AttentionMode::bidirectional;
        const Tensor v = model->forward(pass), clean = x - t * v;
        if (sampler.kind == SamplerKind::euler) x = x - (t - next) * v;
        else x = (1 - next) * clean + next * latent_noise({1, 8, frames, kHeight, kWidth}, 0, static_cast<std::uint32_t>(i + 1), seed);
    }
    return x;
}

double mean_step(const Tensor& latents, int64_t to) { return (latents.select(2, to) - latents.select(2, to - 1)).abs().mean().item<double>(); }

}  // namespace

TEST_CASE("guidance is its formulas, a sample at a time", "[guidance]") {
    torch::manual_seed(3);
    const Tensor c = torch::randn({2, 3, 2, 2}), u = torch::randn({2, 3, 2, 2}), p = torch::randn({2, 3, 2, 2});
    GuidanceConfig config{.scale = 3, .stg = 1.5, .perturbed = {.kind = Perturbation::attention_values, .blocks = {1}}, .rescale = 0.7};
    const auto close = [](const Tensor& a, const Tensor& b) { return largest_difference(a, b) < 1e-5; };
    CHECK(guided_velocity(c, {}, {}, config).equal(c));
    CHECK(close(guided_velocity(c, u, {}, config), u + 3 * (c - u)));
    Tensor expected = torch::empty_like(c);
    for (const bool projected : {false, true}) {
        config.projected = projected;
        for (int64_t i = 0; i < 2; ++i) {
            const double share = projected ? (c[i] * u[i]).sum().item<double>() / (u[i].square().sum().item<double>() + 1e-8) : 1;
            const Tensor base = share * u[i], g = base + 3 * (c[i] - base) + 1.5 * (c[i] - p[i]);
            const double n = static_cast<double>(c[i].numel());
            const auto spread = [&](const Tensor& x) { return std::sqrt((x - x.mean()).square().sum().item<double>() / (n - 1)); };
            expected[i] = g * (0.7 * spread(c[i]) / spread(g) + 0.3);
        }
        CHECK(close(guided_velocity(c, u, p, config), expected));
    }
    config.rescale = 0;
    config.scale = 1;
    CHECK(close(guided_velocity(c, {}, p, config), c + 1.5 * (c - p)));
    CHECK_FALSE(GuidanceConfig{}.wants_untold());
    CHECK_FALSE(GuidanceConfig{.stg = 1}.wants_perturbed());
}

TEST_CASE("guidance in a bundle survives a round trip, and what is wrong in it is named", "[guidance]") {
    const GuidanceConfig config{.scale = 3, .projected = true, .stg = 1, .perturbed = {.kind = Perturbation::block_skip, .blocks = {2, 19}}, .rescale = 0.7};
    CHECK(to_json(guidance_config_from_json(to_json(config), "bundle.json", 28)) == to_json(config));
    const auto refused = [](const nlohmann::json& json) -> std::string {
        try {
            guidance_config_from_json(json, "bundle.json", 3);
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    };
    CHECK_THAT(refused({{"stg_blocks", {3}}}), ContainsSubstring("bundle.json") && ContainsSubstring("stg_blocks"));
    CHECK_THAT(refused({{"stg_mode", "heads"}}), ContainsSubstring("stg_mode"));
    CHECK_THAT(refused({{"scale", -1}}), ContainsSubstring("scale"));
}

TEST_CASE("a perturbed block leaves out what it says, in that block alone", "[guidance]") {
    torch::NoGradGuard no_grad;
    DitModel model = clip_model();
    const int64_t frames = 3;
    DitPass pass;
    pass.noisy = golden::input("noisy", {1, 8, frames, kHeight, kWidth});
    pass.time = torch::full({1}, 0.7);
    pass.conditioning = told_of(frames);
    pass.context = clip_config().context;
    pass.context->mode = AttentionMode::bidirectional;
    const Tensor whole = model->forward(pass);
    const auto made = [&](Perturbation kind, std::vector<int> blocks) {
        pass.perturbed = {kind, std::move(blocks)};
        return model->forward(pass);
    };
    CHECK(made(Perturbation::none, {1}).equal(whole));
    CHECK(made(Perturbation::attention_values, {}).equal(whole));

    // A model of the other two blocks skips the one in the middle.
    DitConfig shorter = clip_config();
    shorter.num_layers = 2;
    DitModel two(shorter);
    auto from = model->named_parameters();
    for (auto& item : two->named_parameters()) {
        std::string name = item.key();
        if (const auto at = name.find("transformer_blocks.1."); at != std::string::npos) name.replace(at, 21, "transformer_blocks.2.");
        item.value().copy_(from[name]);
    }
    const Tensor skipped = made(Perturbation::block_skip, {1});
    pass.perturbed = {};
    CHECK(largest_difference(two->forward(pass), skipped) < 1e-5);

    // With a mask in which every token sees itself alone, attention gives each token its own value.
    const Tensor values = made(Perturbation::attention_values, {0, 1, 2}), input = made(Perturbation::attention_skip, {0, 1, 2});
    CHECK(largest_difference(values, whole) > 1e-3);
    CHECK(largest_difference(values, input) > 1e-3);
    auto block = DitBlock(clip_config(), 0);
    golden::fill(*block);
    const Tensor x = golden::input("x", {1, 4, 24}), modulation = golden::input("m", {1, 1, 6, 24});
    BlockPass plain;
    plain.modulation = modulation;
    const RopeTable rope{torch::ones({4, 24}), torch::zeros({4, 24})};
    plain.rope = &rope;
    plain.mask = torch::eye(4, torch::kBool);
    BlockPass perturbed = plain;
    perturbed.mask = Tensor();
    perturbed.perturbation = Perturbation::attention_values;
    CHECK(largest_difference(block->forward(x.clone(), plain), block->forward(x.clone(), perturbed)) < 1e-5);
}

TEST_CASE("what is untold keeps the picture and the pose and hears nothing", "[guidance]") {
    const Conditioning nothing = untold(told_of(2));
    CHECK(nothing.identity.defined());
    CHECK(nothing.pose.defined());
    CHECK(nothing.silent.all().item<bool>());
    CHECK_FALSE(nothing.text.defined());
    CHECK_FALSE(nothing.style.defined());
}

TEST_CASE("a clip of one window is a run in one go, with either sampler", "[clip]") {
    DitModel model = clip_model();
    const Conditioning told = told_of(5);
    for (const SamplerKind kind : {SamplerKind::euler, SamplerKind::stochastic}) {
        const SamplerConfig sampler{.schedule = Schedule::linear_quadratic, .kind = kind, .steps = 4};
        ClipDenoiser denoiser(model, sampler, {}, {.latents = 8, .overlap = 2});
        CHECK(largest_difference(denoiser.run({0, 5}, told, 9), one_shot(model, told, 5, sampler, 9)) < 1e-5);
        denoiser.restart(FirstLatent::still);
        CHECK(denoiser.run({0, 5}, told, 9).equal(ClipDenoiser(model, sampler, {}, {.latents = 5, .overlap = 0}).run({0, 5}, told, 9)));
    }
    // The shift of 0.9 follows the tokens of a window.
    const SamplerConfig shifted{.schedule = Schedule::shifted, .steps = 4};
    ClipDenoiser denoiser(model, shifted, {}, {.latents = 8, .overlap = 2});
    denoiser.run({0, 6}, told_of(6), 9);
    CHECK(denoiser.times() == schedule_times(shifted, 8 * kCells));
}

TEST_CASE("guidance in a clip is what the passes give by hand", "[clip]") {
    torch::NoGradGuard no_grad;
    DitModel model = clip_model();
    const Conditioning told = told_of(3);
    const GuidanceConfig guidance{.scale = 2, .stg = 1, .perturbed = {.kind = Perturbation::attention_values, .blocks = {1}}, .rescale = 0.5};
    const SamplerConfig sampler{.schedule = Schedule::list, .times = {1}};
    const Tensor x = latent_noise({1, 8, 3, kHeight, kWidth}, 0, 0, 4);
    DitPass pass;
    pass.noisy = x;
    pass.time = torch::ones({1});
    pass.context = clip_config().context;
    pass.context->mode = AttentionMode::bidirectional;
    pass.conditioning = told;
    const Tensor c = model->forward(pass);
    pass.perturbed = guidance.perturbed;
    const Tensor p = model->forward(pass);
    pass.perturbed = {};
    pass.conditioning = untold(told);
    const Tensor u = model->forward(pass);
    const Tensor made = ClipDenoiser(model, sampler, guidance, {.latents = 3, .overlap = 0}).run({0, 3}, told, 4);
    CHECK(largest_difference(made, x - guided_velocity(c, u, p, guidance)) < 1e-5);
    CHECK(largest_difference(u, c) > 1e-4);
}

TEST_CASE("windows join without a seam, and share the frames they overlap in", "[clip]") {
    DitModel model = clip_model();
    const SamplerConfig sampler{.schedule = Schedule::uniform, .steps = 6};
    const int64_t frames = 12;
    const Conditioning told = told_of(frames);
    const auto made_in = [&](ClipWindow window) {
        ClipDenoiser denoiser(model, sampler, {}, window);
        std::vector<Tensor> parts;
        for (LatentIndex first = 0; first < frames; first += window.stride())
            parts.push_back(denoiser.run({first, std::min<LatentIndex>(frames, first + window.stride())}, part_of(told, first, std::min<int64_t>(frames - first, window.stride())), 21));
        return torch::cat(parts, 2);
    };
    const auto seam_of = [&](const Tensor& latents, int64_t stride) {
        double seam = 0, within = 0;
        int64_t seams = 0, others = 0;
        for (int64_t to = 1; to < frames; ++to) (to % stride == 0 ? (++seams, seam) : (++others, within)) += mean_step(latents, to);
        return seam / static_cast<double>(seams) / (within / static_cast<double>(others));
    };
    const Tensor joined = made_in({.latents = 6, .overlap = 3});
    const double seam = seam_of(joined, 3);
    WARN("change over a seam against change elsewhere: " << seam << ", without overlap " << seam_of(made_in({.latents = 3, .overlap = 0}), 3));
    CHECK(torch::isfinite(joined).all().item<bool>());
    CHECK(seam > 0.8);
    CHECK(seam < 1.25);

    // The overlap was heard: without it, what follows is another clip.
    CHECK(joined.narrow(2, 0, 3).equal(made_in({.latents = 3, .overlap = 0}).narrow(2, 0, 3)));
    CHECK(largest_difference(joined.narrow(2, 3, 3), made_in({.latents = 3, .overlap = 0}).narrow(2, 3, 3)) > 1e-3);
    // The same calls give the same bits.
    CHECK(joined.equal(made_in({.latents = 6, .overlap = 3})));
}
