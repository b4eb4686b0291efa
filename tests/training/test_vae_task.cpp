#include "train/codec_vae_task.h"

#include <catch2/catch_test_macros.hpp>

#include "core/error.h"
#include "train/codec_poses.h"

using namespace mirrorme;

namespace {

/// Somebody who opens and closes the mouth; needs no voice.
Performance chewing(std::uint64_t seed, const PerformanceOptions& options) {
    TrainingRng rng(seed);
    Performance performance;
    performance.seed = seed;
    const PerformerPose from = reference_pose(rng), to = any_pose(rng);
    for (int f = 0; f < options.frames; ++f) performance.poses.push_back(f % 4 < 2 ? from : to);
    return performance;
}

VaeSampling small_sampling() {
    VaeSampling sampling;
    sampling.batch = 1;
    sampling.frames = 9;
    sampling.size = 64;
    return sampling;
}

VaeConfig small_vae(VaeVersion version) { return published_vae(version, 4, 16); }

}  // namespace

TEST_CASE("an autoencoder's clip is a pure function of seed and step") {
    VaeSource one(small_sampling(), chewing), other(small_sampling(), chewing);
    other.draw(7, 1);
    const auto a = one.draw(7, 3), b = other.draw(7, 3), c = one.draw(8, 3);
    const auto& video = static_cast<VaeBatch&>(*a).video;
    CHECK(video.sizes() == torch::IntArrayRef({1, 3, 9, 64, 64}));
    CHECK(video.abs().max().item<float>() <= 1.0f);
    CHECK(video.std().item<float>() > 0.05f);
    CHECK(torch::equal(video, static_cast<VaeBatch&>(*b).video));
    CHECK_FALSE(torch::equal(video, static_cast<VaeBatch&>(*c).video));
}

TEST_CASE("an autoencoder that learns other stages' clips sees nothing else, and their mouths weigh more") {
    VideoSampling of_stage;
    of_stage.latents = 4;
    of_stage.pool_clips = 2;
    of_stage.clips_per_step = 0;
    const VideoShape shape{.width = 64, .height = 64, .cell = 32, .temporal = 8};
    VaeSampling sampling = small_sampling();
    sampling.width = sampling.height = 64;
    const auto pool = std::make_shared<VideoPool>(video_clip_maker(shape, of_stage, chewing));
    VaeSource source(sampling, chewing, {{of_stage, pool}});
    for (std::int64_t step = 0; step < 4; ++step) {
        const auto drawn = source.draw(7, step);
        const auto& batch = static_cast<VaeBatch&>(*drawn);
        bool found = false;
        for (std::uint64_t number = 0; number < 2; ++number) {
            const auto clip = kept_clip(*pool, 7, number);
            const torch::Tensor video = clip->video.to(torch::kFloat) / 127.5 - 1;
            for (int64_t first = 0; first + 9 <= video.size(1); ++first) found = found || video.narrow(1, first, 9).equal(batch.video[0]);
        }
        CHECK(found);
        CHECK(batch.weight.min().item<float>() == 1);
        CHECK(batch.weight.max().item<float>() > 1);
    }
    CHECK(pool->size() <= 2);
}

TEST_CASE("the autoencoder's task learns a clip, and every weight takes part") {
    for (const VaeVersion version : {VaeVersion::v0_9_0, VaeVersion::v0_9_5}) {
        CAPTURE(static_cast<int>(version));
        torch::manual_seed(1);
        VaeTask task(small_vae(version), small_sampling(), chewing);
        const TrainedModule vae = task.modules().front();
        const auto batch = task.make_source()->draw(1, 0);
        torch::optim::Adam optimizer(vae.module->parameters(), 3e-3);
        double first = 0, last = 0;
        for (int i = 0; i < 25; ++i) {
            optimizer.zero_grad();
            const StepResult result = task.step(*batch, {});
            result.loss.backward();
            if (i == 0)
                for (const auto& p : vae.module->named_parameters())
                    if (p.value().requires_grad()) CHECK(p.value().grad().defined());
            optimizer.step();
            (i == 0 ? first : last) = result.loss.item<double>();
        }
        CHECK(last < 0.8 * first);
        CHECK(vae.module->named_buffers()["per_channel_statistics.std-of-means"].mean().item<float>() != 1.0f);
    }
}

TEST_CASE("the autoencoder's figures compare with a held picture, and its sheet shows both rows") {
    torch::manual_seed(1);
    VaeTask task(small_vae(VaeVersion::v0_9_5), small_sampling(), chewing);
    torch::NoGradGuard no_grad;
    const Metrics metrics = task.evaluate();
    CHECK(metrics.entries().size() == 4);
    for (const auto& [name, value] : metrics.entries()) CHECK(std::isfinite(value.item<double>()));
    const auto previews = task.preview();
    REQUIRE(previews.size() == 1);
    CHECK(previews[0].frames[0].width == 8 * 64);
}

TEST_CASE("wrong numbers of an autoencoder's task are named") {
    const auto refused = [](const nlohmann::json& task) { CHECK_THROWS_AS(parse_vae_task(JsonObject(task, "config.json")), Error); };
    refused({{"frames", 8}});
    refused({{"size", 100}});
    refused({{"size", 512}});
    refused({{"batches", 2}});
    CHECK(parse_vae_task(JsonObject({{"frames", 17}}, "config.json")).frames == 17);
}
