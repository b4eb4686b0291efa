// A stream's cached chunks against one pass over the whole clip, and what a stream promises by itself.

#include <catch2/catch_test_macros.hpp>

#include "denoise/denoiser.h"
#include "support/dit_small.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

constexpr int64_t kFrames = 9;

struct Clip {
    Conditioning told;
    StreamSetup setup;
};

Clip clip_of(const DitConfig& config) {
    Clip clip{small_conditioning(config, 1, kFrames), {}};
    clip.setup.identity = clip.told.identity;
    clip.setup.positions = StreamPositions::absolute;
    return clip;
}

/// Every chunk of a stream in turn.
Tensor stream(Denoiser& denoiser, const Clip& clip, std::uint64_t seed) {
    const int chunk = denoiser.model()->config().context.chunk;
    auto cache = denoiser.start(clip.setup);
    std::vector<Tensor> made;
    for (LatentIndex first = 0; first < kFrames; first += chunk)
        made.push_back(denoiser.run({first, first + chunk}, part_of(clip.told, first, chunk), *cache, seed));
    return torch::cat(made, 2);
}

DitPass whole_pass(const Clip& clip, const Tensor& noisy, double time) {
    DitPass pass;
    pass.noisy = noisy;
    pass.time = torch::full({1}, time);
    pass.conditioning = clip.told;
    pass.start = clip.setup.start;
    return pass;
}

DitConfig stream_config(int chunk, StreamHistory history) {
    DitConfig config = small_config();
    config.context.chunk = chunk;
    config.context.history = history;
    return config;
}

}  // namespace

TEST_CASE("a cached stream equals one block-causal pass over the clip, its finished latents given") {
    torch::NoGradGuard no_grad;
    for (const int chunk : {1, 3})
        for (const FirstLatent start : {FirstLatent::still, FirstLatent::moving}) {
            DitModel model = trained_model(stream_config(chunk, StreamHistory::clean));
            Denoiser denoiser(model, {.schedule = Schedule::list, .times = {1, 0.6}});
            Clip clip = clip_of(model->config());
            clip.setup.start = start;
            const Tensor made = stream(denoiser, clip, 11);

            // The same two steps for all frames at once, the stream's results as history.
            Tensor x = latent_noise(made.sizes(), 0, 0, 11);
            for (const auto& [t, next] : {std::pair{1.0, 0.6}, std::pair{0.6, 0.0}}) {
                DitPass pass = whole_pass(clip, x, t);
                pass.history = made;
                x = x - model->forward(pass) * (t - next);
            }
            CHECK(largest_difference(x, made) < 1e-5 * made.abs().max().item<double>());
        }
}

TEST_CASE("with step-matched history a stream equals sampling the whole clip at once") {
    torch::NoGradGuard no_grad;
    DitModel model = trained_model(stream_config(1, StreamHistory::step_matched));
    Denoiser denoiser(model, {.schedule = Schedule::uniform, .steps = 3});
    const Clip clip = clip_of(model->config());
    const Tensor made = stream(denoiser, clip, 5);
    Tensor x = latent_noise(made.sizes(), 0, 0, 5);
    for (const double t : denoiser.times()) x = x - model->forward(whole_pass(clip, x, t)) * (t - next_time(denoiser.times(), t));
    CHECK(largest_difference(x, made) < 1e-5 * made.abs().max().item<double>());
}

TEST_CASE("channels that a codec leaves empty come out empty and are remembered so") {
    torch::NoGradGuard no_grad;
    for (const SamplerKind kind : {SamplerKind::euler, SamplerKind::stochastic}) {
        DitModel model = trained_model(stream_config(1, StreamHistory::clean));
        Denoiser denoiser(model, {.schedule = Schedule::list, .kind = kind, .times = {1, 0.6}});
        Clip clip = clip_of(model->config());
        const Tensor& identity = clip.setup.identity;
        clip.setup.used = torch::ones({1, identity.size(1), 1, identity.size(3), identity.size(4)}, torch::kBool);
        clip.setup.used.slice(1, identity.size(1) / 2).fill_(false);
        const Tensor made = stream(denoiser, clip, 11);
        CHECK(made.slice(1, made.size(1) / 2).abs().max().item<double>() < 1e-6);
        CHECK(made.slice(1, 0, made.size(1) / 2).abs().min().item<double>() > 0);
        if (kind != SamplerKind::euler) continue;

        // On the way they are noise of the time, as in training, and the past that is read has nothing in them.
        Tensor x = latent_noise(made.sizes(), 0, 0, 11);
        DitPass pass = whole_pass(clip, x, 1);
        pass.history = made;
        const Tensor noise = x;
        x = torch::where(clip.setup.used, x - model->forward(pass) * 0.4, noise * 0.6);
        pass.noisy = x;
        pass.time = torch::full({1}, 0.6);
        x = torch::where(clip.setup.used, x - model->forward(pass) * 0.6, torch::zeros_like(x));
        CHECK(largest_difference(x, made) < 1e-5 * made.abs().max().item<double>());
    }
}

TEST_CASE("streams of a batch do not disturb each other") {
    torch::NoGradGuard no_grad;
    DitModel model = trained_model(stream_config(1, StreamHistory::clean));
    Denoiser denoiser(model, {.steps = 2});
    const Conditioning told = small_conditioning(model->config(), 2, 5);
    StreamSetup both, first;
    both.identity = told.identity;
    first.identity = told.identity.narrow(0, 0, 1);
    auto of_both = denoiser.start(both), of_first = denoiser.start(first);
    for (LatentIndex i = 0; i < 5; ++i) {
        const Conditioning part = part_of(told, i, 1);
        Conditioning alone = part;
        for (Tensor* t : {&alone.audio, &alone.silent, &alone.pose, &alone.pose_given, &alone.face_mask, &alone.style}) *t = t->narrow(0, 0, 1);
        const Tensor a = denoiser.run({i, i + 1}, part, *of_both, 4), b = denoiser.run({i, i + 1}, alone, *of_first, 4);
        CHECK(largest_difference(a.narrow(0, 0, 1), b) < 1e-5 * b.abs().max().item<double>());
    }
}

TEST_CASE("the past matters as far as the window goes, and the anchor for ever") {
    torch::NoGradGuard no_grad;
    for (const bool anchored : {false, true}) {
        DitConfig config = stream_config(1, StreamHistory::clean);
        config.num_layers = 1;
        config.context.anchor = anchored;
        config.adapter.enabled = false;
        DitModel model = trained_model(config);
        Clip clip = clip_of(config);
        clip.told.audio = Tensor();
        const Tensor noisy = golden::input("noisy", {1, config.in_channels, kFrames, 1, 6});
        DitPass pass = whole_pass(clip, noisy, 0.5);
        pass.history = golden::input("history", noisy.sizes());
        const Tensor before = model->forward(pass);
        for (const int64_t changed : {0, 3}) {
            DitPass other = pass;
            other.history = pass.history.clone();
            other.history.select(2, changed) += 1;
            const Tensor change = (model->forward(other) - before).abs().amax({0, 1, 3, 4});
            for (int64_t frame = 0; frame < kFrames; ++frame) {
                const bool seen = frame > changed && (frame - changed <= 2 || (anchored && changed == 0));
                CHECK((change[frame].item<double>() > 0) == seen);
            }
        }
    }
}

TEST_CASE("capped positions equal absolute ones while the clip is short, and stay bounded after") {
    torch::NoGradGuard no_grad;
    DitModel model = trained_model(stream_config(1, StreamHistory::clean));
    Denoiser denoiser(model, {.steps = 2});
    Clip clip = clip_of(model->config());
    const Tensor absolute = stream(denoiser, clip, 3);
    clip.setup.positions = StreamPositions::capped;
    const Tensor capped = stream(denoiser, clip, 3);
    CHECK(capped.slice(2, 0, 4).equal(absolute.slice(2, 0, 4)));
    CHECK_FALSE(capped.slice(2, 5).equal(absolute.slice(2, 5)));
}

TEST_CASE("two runs with one seed agree to the bit; seeds, sound and picture make a difference") {
    torch::InferenceMode guard;
    DitModel model = trained_model(stream_config(1, StreamHistory::clean));
    for (const SamplerKind kind : {SamplerKind::euler, SamplerKind::stochastic}) {
        Denoiser denoiser(model, {.kind = kind, .steps = 3});
        const Clip clip = clip_of(model->config());
        const Tensor first = stream(denoiser, clip, 1);
        CHECK(torch::isfinite(first).all().item<bool>());
        CHECK(stream(denoiser, clip, 1).equal(first));
        CHECK_FALSE(stream(denoiser, clip, 2).equal(first));
        Clip other = clip;
        other.told.audio = clip.told.audio + 1;
        CHECK_FALSE(stream(denoiser, other, 1).equal(first));
        other = clip;
        other.setup.identity = clip.setup.identity + 1;
        CHECK_FALSE(stream(denoiser, other, 1).equal(first));
    }
}

TEST_CASE("a restarted stream repeats itself, a skipped chunk is survived, a repeated one refused") {
    torch::InferenceMode guard;
    DitModel model = trained_model(stream_config(1, StreamHistory::clean));
    Denoiser denoiser(model, {.steps = 2});
    const Clip clip = clip_of(model->config());
    auto cache = denoiser.start(clip.setup);
    const Tensor a = denoiser.run({0, 1}, part_of(clip.told, 0, 1), *cache, 1);
    denoiser.run({1, 2}, part_of(clip.told, 1, 1), *cache, 1);
    CHECK(torch::isfinite(denoiser.run({6, 7}, part_of(clip.told, 6, 1), *cache, 1)).all().item<bool>());
    CHECK(cache->next() == 7);
    CHECK_THROWS(denoiser.run({5, 6}, part_of(clip.told, 5, 1), *cache, 1));
    CHECK_THROWS(denoiser.run({7, 9}, part_of(clip.told, 5, 2), *cache, 1));
    cache->restart(FirstLatent::still);
    CHECK(denoiser.run({0, 1}, part_of(clip.told, 0, 1), *cache, 1).equal(a));
}

TEST_CASE("what is known of a chunk is kept, remembered, and told while the rest is sampled") {
    torch::InferenceMode guard;
    for (const StreamHistory history : {StreamHistory::clean, StreamHistory::step_matched}) {
        Denoiser denoiser(trained_model(stream_config(1, history)), {.steps = 3});
        const Clip clip = clip_of(denoiser.model()->config());
        const Tensor truth = golden::input("known", {1, 12, 1, 1, 6});
        const auto told = [&](int i) { return part_of(clip.told, i, 1); };
        const auto second_after = [&](const KnownLatents& known) {  // the chunk that follows one of which this was known
            auto cache = denoiser.start(clip.setup);
            const Tensor first = denoiser.run({0, 1}, told(0), *cache, 1, &known);
            CHECK(torch::where(known.which, first, 0).equal(torch::where(known.which, known.latents, 0)));
            return std::pair{first, denoiser.run({1, 2}, told(1), *cache, 1)};
        };
        auto appended = denoiser.start(clip.setup), sampled = denoiser.start(clip.setup);
        denoiser.append(truth, told(0), *appended, 1);
        const Tensor after = denoiser.run({1, 2}, told(1), *appended, 1);
        CHECK(torch::allclose(second_after({truth, torch::ones({6}, torch::kBool)}).second, after, 1e-5, 1e-6));
        const Tensor alone = denoiser.run({0, 1}, told(0), *sampled, 1);
        CHECK(second_after({truth, torch::zeros({6}, torch::kBool)}).first.equal(alone));
        const Tensor some = second_after({truth, torch::arange(6) >= 2}).first;
        CHECK_FALSE(torch::allclose(some.slice(4, 0, 2), alone.slice(4, 0, 2), 1e-3, 1e-3));  // later steps see it
    }
}

TEST_CASE("a long stream keeps its memory and looks to the model as it did in its first minute") {
    torch::InferenceMode guard;
    DitModel model = trained_model(stream_config(1, StreamHistory::clean));
    Denoiser denoiser(model, {.steps = 1});
    const Clip clip = clip_of(model->config());
    StreamSetup setup = clip.setup;
    setup.positions = StreamPositions::capped;
    auto cache = denoiser.start(setup);
    const Conditioning told = part_of(clip.told, 0, 1);
    std::vector<int64_t> tokens;
    const Tensor still = golden::input("still", {1, 12, 1, 1, 6});
    Tensor young;
    for (LatentIndex i = 0; i < 200; ++i) {
        denoiser.append(still, told, *cache, 1);
        tokens.push_back(cache->workspaces()[0].context);
        if (i == 50) young = cache->workspaces()[2].k.clone();
    }
    CHECK(cache->workspaces()[2].k.equal(young));
    CHECK(tokens[0] == 6);
    CHECK(tokens[1] == 12);
    CHECK(tokens[3] == 24);  // identity, anchor, window of two
    CHECK(tokens[199] == 24);
}
