#include "codec/vae/vae_stream.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <vector>

#include "codec/vae/decode_context.h"
#include "support/golden_fill.h"

using namespace mirrorme;
using torch::Tensor;

namespace {

constexpr VaeVersion kVersions[] = {VaeVersion::v0_9_0, VaeVersion::v0_9_1, VaeVersion::v0_9_5};

LtxVae small_vae(VaeVersion version) {
    LtxVae vae(published_vae(version, 4, 16));
    golden::fill(*vae);
    torch::NoGradGuard no_gradients;
    for (auto& item : vae->named_parameters())  // so that injected noise is seen; the fill leaves it out
        if (item.key().find("per_channel_scale") != std::string::npos) item.value().fill_(0.05);
    vae->eval();
    return vae;
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

/// Everything a decoder shows of latents that come as `cuts` says.
Tensor shown_of(VaeStreamDecoder& decoder, const Tensor& latents, const std::vector<int64_t>& cuts) {
    std::vector<Tensor> parts;
    int64_t first = 0;
    for (const int64_t count : cuts) {
        if (const Tensor part = decoder.push(latents.slice(2, first, first + count)); part.size(2) > 0) parts.push_back(part);
        first += count;
    }
    REQUIRE(first == latents.size(2));
    if (const Tensor rest = decoder.flush(); rest.size(2) > 0) parts.push_back(rest);
    return torch::cat(parts, 2);
}

Tensor one_by_one(LtxVae& vae, const VaeWindow& window, const Tensor& latents) {
    VaeStreamDecoder decoder(vae, window);
    return shown_of(decoder, latents, std::vector<int64_t>(static_cast<std::size_t>(latents.size(2)), 1));
}

/// All latents in one window.
Tensor whole_of(LtxVae& vae, VaeWindow window, const Tensor& latents) {
    window.step = static_cast<int>(latents.size(2));
    window.context_forward = window.cross_fade = 0;
    return VaeStreamDecoder(vae, window).push(latents);
}

}  // namespace

TEST_CASE("a stream is encoded exactly, however it is cut") {
    torch::InferenceMode guard;
    for (const VaeVersion version : kVersions) {
        LtxVae vae = small_vae(version);
        const Tensor clip = golden::input("clip", {1, 3, 33, 32, 32});
        const Tensor whole = vae->normalise(vae->encoder->forward(clip).mean);
        for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{1, 8, 8, 8, 8}, {9, 24}, {17, 8, 8}, {1, 32}, {33}}) {
            VaeStreamEncoder stream(vae);
            std::vector<Tensor> parts;
            int64_t first = 0;
            for (const int64_t count : cuts) {
                parts.push_back(stream.push(clip.slice(2, first, first + count)));
                first += count;
            }
            CHECK(largest_difference(torch::cat(parts, 2), whole) < 2e-5);
        }
        VaeStreamEncoder wrong(vae);
        CHECK_THROWS(wrong.push(clip.slice(2, 0, 8)));
        CHECK_NOTHROW(wrong.push(clip.slice(2, 0, 1)));
        CHECK_THROWS(wrong.push(clip.slice(2, 1, 8)));
        wrong.reset();
        CHECK(largest_difference(wrong.push(clip), whole) < 2e-5);
    }
}

TEST_CASE("windows with all the context that a decoder sees show the whole decode, frame by frame") {
    torch::InferenceMode guard;
    // 0.9.5 sees 21.6 latents to each side: with 22 on both there is nothing to approximate, wherever the window lies.
    LtxVae vae = small_vae(VaeVersion::v0_9_5);
    const Tensor latents = golden::input("long", {1, 16, 40, 1, 1});
    const VaeWindow window{.context_back = 23, .context_forward = 22, .step = 6};
    CHECK(largest_difference(one_by_one(vae, window, latents), whole_of(vae, window, latents)) < 1e-4);
    // With less of the past the difference is seen: the check above is no accident.
    CHECK(largest_difference(one_by_one(vae, {.context_back = 3, .context_forward = 22, .step = 6}, latents), whole_of(vae, window, latents)) > 1e-3);
}

TEST_CASE("every frame is shown once, at its place, as soon as its window is there") {
    torch::InferenceMode guard;
    for (const VaeVersion version : kVersions) {
        LtxVae vae = small_vae(version);
        const Tensor latents = golden::input("latents", {1, 16, 7, 1, 1});
        const Tensor full = whole_of(vae, {}, latents);
        REQUIRE(full.size(2) == 1 + 8 * 6);
        for (const VaeWindow& window : {VaeWindow{1, 0, 0}, VaeWindow{3, 0, 0}, VaeWindow{3, 1, 4}, VaeWindow{6, 2, 8}, VaeWindow{3, 0, 0, 2}, VaeWindow{2, 1, 8, 3}}) {
            VaeStreamDecoder decoder(vae, window);
            int64_t shown = 0;
            for (int64_t i = 0; i < 7; ++i) {
                shown += decoder.push(latents.slice(2, i, i + 1)).size(2);
                const int64_t ready = std::max<int64_t>(0, i + 1 - window.context_forward) / window.step * window.step;
                CHECK(shown == (ready == 0 ? 0 : 1 + 8 * (ready - 1)));
                CHECK(decoder.held() <= window.context_back + window.step - 1 + window.context_forward);
            }
            CHECK(shown + decoder.flush().size(2) == full.size(2));
        }
        // The window of latents 1 .. 4 shows latent 3, frames 17 .. 24 of the whole: its own frames 9 .. 16.
        VaeDecodeContext context;
        std::vector<Tensor> noise;
        context.noise = &noise;
        context.inject_noise = vae->config().injects_noise();
        if (vae->config().timestep_conditioning) context.timestep = torch::full({1}, 0.05);
        const Tensor expected = vae->decoder->forward(vae->denormalise(latents.slice(2, 1, 5)), context).slice(2, 9, 17);
        CHECK(largest_difference(one_by_one(vae, {.context_back = 2, .context_forward = 1}, latents).slice(2, 17, 25), expected) < 1e-5);
    }
}

TEST_CASE("pictures do not depend on how latents come, whatever the window adds") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_1);
    const Tensor latents = golden::input("cuts", {1, 16, 9, 1, 1});
    for (const VaeWindow& window : {VaeWindow{.context_back = 2, .noise_scale = 0.1, .seed = 7}, VaeWindow{.context_back = 3, .context_forward = 1, .cross_fade = 5, .step = 2}}) {
        const Tensor expected = one_by_one(vae, window, latents);
        for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{9}, {4, 5}, {1, 3, 3, 2}}) {
            torch::manual_seed(static_cast<std::uint64_t>(cuts.size()));  // what else draws numbers does not matter
            VaeStreamDecoder decoder(vae, window);
            CHECK(shown_of(decoder, latents, cuts).equal(expected));
        }
    }
    const VaeWindow one{.context_back = 2, .noise_scale = 0.1, .seed = 7}, other{.context_back = 2, .noise_scale = 0.1, .seed = 8};
    CHECK_FALSE(one_by_one(vae, one, latents).equal(one_by_one(vae, other, latents)));
}

TEST_CASE("the cross-fade goes from the last window's forward frames to the next one's, and only there") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_0);
    const Tensor latents = golden::input("fade", {1, 16, 5, 1, 1});
    const VaeWindow plain{.context_back = 2, .context_forward = 1}, fading{.context_back = 2, .context_forward = 1, .cross_fade = 3};
    const Tensor sharp = one_by_one(vae, plain, latents), faded = one_by_one(vae, fading, latents);
    // Latent 2 is first seen as the future of latent 1: window 0 .. 2, frames 9 .. 16 of the whole; then it is shown itself.
    VaeDecodeContext context;
    const Tensor before = vae->decoder->forward(vae->denormalise(latents.slice(2, 0, 3)), context).slice(2, 9, 17), after = sharp.slice(2, 9, 17);
    REQUIRE(largest_difference(before, after) > 1e-3);
    for (int64_t i = 0; i < 8; ++i) {
        const double share = i < 3 ? static_cast<double>(i + 1) / 4 : 1;
        const Tensor expected = before.select(2, i) * (1 - share) + after.select(2, i) * share;
        CHECK(largest_difference(faded.select(2, 9 + i), expected) < 1e-5);
    }
    CHECK(faded.slice(2, 0, 1).equal(sharp.slice(2, 0, 1)));
}

TEST_CASE("a long stream is encoded and decoded in the memory of one window") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_5);
    VaeStreamDecoder decoder(vae, {.context_back = 2, .context_forward = 1, .cross_fade = 8});
    VaeStreamEncoder encoder(vae);
    int64_t shown = 0;
    for (int64_t i = 0; i < 60; ++i) {
        const Tensor latent = encoder.push(torch::full({1, 3, i == 0 ? 1 : 8, 32, 32}, static_cast<double>(i % 7) / 7));
        const Tensor video = decoder.push(latent);
        shown += video.size(2);
        REQUIRE(decoder.held() <= 3);
        if (i > 0) REQUIRE(video.storage().nbytes() < std::size_t{8} * 6 * 3 * 32 * 32 * 4);  // what is shown holds no more than its window
    }
    CHECK(shown == 1 + 8 * 58);
}

TEST_CASE("more context brings a decode by windows nearer to the whole decode") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_5);
    const Tensor latents = golden::input("measure", {1, 16, 14, 1, 1});
    const std::vector<VaeWindow> windows{{.context_back = 1}, {.context_back = 4}, {.context_back = 4, .context_forward = 4}, {.context_back = 4, .context_forward = 13, .step = 2}};
    std::vector<std::size_t> told;
    const std::vector<DecodeContextScore> scores = measure_decode_context(vae, latents, windows, [&](std::size_t done) { told.push_back(done); });
    REQUIRE(scores.size() == 4);
    CHECK(told == std::vector<std::size_t>{0, 1, 2, 3, 4});
    CHECK(scores[0].psnr_db < scores[1].psnr_db);
    CHECK(scores[1].psnr_db < scores[2].psnr_db);
    CHECK(scores[2].psnr_db < kHighestPsnr);
    for (const DecodeContextScore& score : scores) {
        CHECK(score.worst_db <= score.psnr_db + 1e-9);
        CHECK(score.seam_db > 0);
        CHECK(score.seconds > 0);
        CHECK(score.delay_frames == 8 * score.window.context_forward);
    }
    CHECK_THROWS(measure_decode_context(vae, latents.slice(2, 0, 8), windows, {}));
}

TEST_CASE("a decoder that begins again shows what a new one shows") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_1);
    const Tensor latents = golden::input("again", {1, 16, 5, 1, 1});
    const VaeWindow window{.context_back = 2, .context_forward = 1, .cross_fade = 4, .noise_scale = 0.1, .seed = 7};
    VaeStreamDecoder decoder(vae, window);
    decoder.push(golden::input("another", {1, 16, 4, 1, 1}));
    decoder.restart();
    CHECK(shown_of(decoder, latents, {1, 2, 2}).equal(one_by_one(vae, window, latents)));
}

TEST_CASE("an impossible window is refused") {
    LtxVae vae = small_vae(VaeVersion::v0_9_0);
    CHECK_THROWS(VaeStreamDecoder(vae, {.context_back = 0}));
    CHECK_THROWS(VaeStreamDecoder(vae, {.context_back = 2, .context_forward = 1, .cross_fade = 9}));
    CHECK_THROWS(VaeStreamDecoder(vae, {.context_back = 2, .context_forward = -1}));
    CHECK_THROWS(VaeStreamDecoder(vae, {.step = 0}));
    CHECK_THROWS(VaeStreamDecoder(vae, {.noise_scale = 1}));
}
