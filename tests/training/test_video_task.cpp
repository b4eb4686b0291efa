#include "train/video_task.h"

#include <catch2/catch_test_macros.hpp>

#include <map>

#include "core/error.h"
#include "train/codec_poses.h"
#include "train/training_config.h"

using namespace mirrorme;

namespace {

constexpr int kTemporal = 2, kCell = 16;

/// Somebody who raises an arm and opens the mouth; needs no voice.
Performance waving(std::uint64_t seed, const PerformanceOptions& options) {
    TrainingRng rng(seed);
    Performance performance;
    performance.seed = seed;
    PerformerPose pose = reference_pose(rng);
    for (int f = 0; f < options.frames; ++f) {
        pose.mouth.opening = static_cast<float>(f % 4) / 4;
        pose.right_arm.raised = f < options.frames / 2 ? 0.0f : 1.0f;
        pose.left_arm.raised = 0;
        pose.right_arm.wrist_x = 1;
        performance.poses.push_back(pose);
    }
    for (int i = 0; i < options.frames * 700; ++i) performance.audio_16k.push_back(static_cast<float>(i % 97) / 97 - 0.5f);
    return performance;
}

VaeConfig small_vae() {
    VaeConfig config;
    config.latent_channels = 4;
    config.encoder_channels = 8;
    config.encoder_blocks = {{.kind = VaeBlockKind::residual, .in_channels = 8, .out_channels = 8, .layers = 1},
                             {.kind = VaeBlockKind::strided_conv, .in_channels = 8, .out_channels = 8},
                             {.kind = VaeBlockKind::strided_conv, .in_channels = 8, .out_channels = 8, .stride_t = 1, .stride_hw = 2}};
    config.decoder_blocks = {{.kind = VaeBlockKind::depth_to_space, .in_channels = 8, .out_channels = 8, .stride_t = 1, .stride_hw = 2},
                             {.kind = VaeBlockKind::depth_to_space, .in_channels = 8, .out_channels = 8},
                             {.kind = VaeBlockKind::residual, .in_channels = 8, .out_channels = 8, .layers = 1}};
    config.decoder_channels = 8;
    check_vae(config, "small");
    return config;
}

DitConfig small_dit() {
    DitConfig config;
    config.num_layers = 2;
    config.num_attention_heads = 2;
    config.attention_head_dim = 12;
    config.in_channels = config.out_channels = 4;
    config.caption_channels = 0;
    config.cross_attention_dim = config.width();
    config.grid = {.temporal = kTemporal, .spatial_stride = kCell, .fps = {24, 1}};
    config.adapter = {.enabled = true, .tokens = 2, .audio_dim = 16};
    config.pose = {.kind = PoseKind::maps, .hidden = 4, .tokens = {}};
    config.context = {.mode = AttentionMode::block_causal, .one_shot = true};
    return config;
}

VideoModules small_modules() {
    torch::manual_seed(5);
    VideoModules modules;
    modules.denoiser = DitModel(small_dit());
    AudioFrontEndConfig audio;
    audio.mel.width = 16;
    audio.encoder = {.features = 16, .temporal = kTemporal, .tokens = 2, .width = 16};
    modules.audio = AudioFrontEnd(audio);
    modules.vae = LtxVae(small_vae());
    modules.probe = MouthProbe(3 * 16, modules.vae->config().latent_channels);
    modules.sampler = {.schedule = Schedule::uniform, .steps = 2};
    modules.sampling = to_json(modules.sampler);
    modules.codec = {{"kind", "vae"}};
    return modules;
}

constexpr VideoShape kShape{.width = 32, .height = 48, .cell = kCell, .temporal = kTemporal};

VideoTaskConfig small_task() {
    VideoTaskConfig config;
    config.name = "face";
    config.sampling.batch = 2;
    config.sampling.latents = 3;
    config.sampling.pool_clips = 2;
    config.sampling.clips_per_step = 0;
    config.sampling.pose_share = config.sampling.gate_share = 0.5f;
    config.evaluation_clips = 2;
    return config;
}

}  // namespace

TEST_CASE("a clip of pictures is drawn once, its latents know their frames, face and hands", "[video]") {
    VideoSampling sampling = small_task().sampling;
    const VideoClip clip = make_video_clip(kShape, sampling, waving, 3), same = make_video_clip(kShape, sampling, waving, 3);
    CHECK(clip.video.sizes() == torch::IntArrayRef({3, 1 + 3 * kTemporal, 48, 32}));
    CHECK(clip.video.equal(same.video));
    CHECK(clip.face.sizes() == torch::IntArrayRef({4, 6}));
    CHECK(clip.face.sum(1).min().item<float>() >= 1);
    // Frames 3 to 6 have the hand up; latent 0 is frame 0, latent 1 frames 1 and 2, latent 2 frames 3 and 4.
    CHECK(clip.gesturing.equal(torch::tensor({false, false, true, true})));
    CHECK(clip.pose[1].abs().sum().item<float>() == 0);
    CHECK(clip.pose[2].abs().sum().item<float>() > 0);
    CHECK(clip.pose.slice(1, 2, {}, 3).max().item<float>() <= 1);
}

TEST_CASE("batches of pictures are pure functions of seed and step; moving windows begin one latent later", "[video]") {
    VideoTask task(small_task(), small_modules(), kShape, waving);
    const auto source = task.make_source(), other = task.make_source();
    other->draw(7, 1);
    bool still = false, moving = false;
    for (std::int64_t step = 0; step < 8; ++step) {
        const auto drawn = source->draw(7, step), again = other->draw(7, step);
        auto& batch = static_cast<VideoBatch&>(*drawn);
        CHECK(batch.video.equal(static_cast<VideoBatch&>(*again).video));
        CHECK(batch.audio.equal(static_cast<VideoBatch&>(*again).audio));
        CHECK(batch.video.sizes() == torch::IntArrayRef({2, 3, 1 + 3 * kTemporal, 48, 32}));
        CHECK(task.latents_of(batch).sizes() == torch::IntArrayRef({2, 4, 3, 3, 2}));
        REQUIRE(batch.mouth.sizes() == torch::IntArrayRef({2, 6}));
        CHECK((batch.mouth.sum(1) > 0).all().item<bool>());
        CHECK((batch.mouth <= batch.face.amax(1)).all().item<bool>());  // where lips are, there is a face
        (batch.start == FirstLatent::still ? still : moving) = true;
    }
    CHECK(still);
    CHECK(moving);
}

TEST_CASE("every module of a picture model learns, the autoencoder does not, and LTX's weights only where they are to", "[video]") {
    for (const bool published_too : {true, false}) {
        CAPTURE(published_too);
        VideoTaskConfig config = small_task();
        config.published_too = published_too;
        config.unheard = 0.5;
        config.sampling.pose_share = 1;
        VideoTask task(config, small_modules(), kShape, waving);
        const auto source = task.make_source();
        std::vector<torch::Tensor> trained;
        for (const TrainedModule& m : task.modules())
            for (const auto& p : m.module->named_parameters())
                if (p.value().requires_grad()) trained.push_back(p.value());
        torch::optim::Adam optimizer(trained, 1e-2);
        std::map<std::string, double> moved;
        double first = 0, last = 0;
        for (int i = 0; i < 30; ++i) {
            torch::manual_seed(i % 3);
            const auto batch = source->draw(1, i % 3);
            optimizer.zero_grad();
            const StepResult result = task.step(*batch, {});
            CHECK(std::isfinite(result.loss.item<double>()));
            result.loss.backward();
            for (const TrainedModule& m : task.modules())
                for (const auto& p : m.module->named_parameters())
                    if (p.value().grad().defined()) moved[m.prefix + p.key()] += p.value().grad().abs().sum().item<double>();
            optimizer.step();
            (i < 3 ? first : last) += i < 3 || i >= 27 ? result.loss.item<double>() : 0;
        }
        if (published_too) CHECK(last < 0.9 * first);
        for (const TrainedModule& m : task.modules())
            for (const auto& p : m.module->named_parameters()) {
                INFO(m.prefix + p.key());
                const bool published = m.prefix == "denoiser." && is_ltx_tensor(p.key());
                CHECK((moved[m.prefix + p.key()] > 0) == (published_too || !published));
            }
    }
}

TEST_CASE("a picture task's figures and sheet are those of held-out clips", "[video]") {
    VideoTask task(small_task(), small_modules(), kShape, waving);
    torch::NoGradGuard no_grad;
    const Metrics metrics = task.evaluate();
    REQUIRE(metrics.entries().size() == 2);
    for (const auto& [name, value] : metrics.entries()) CHECK(std::isfinite(value.item<double>()));
    const auto previews = task.preview();
    REQUIRE(previews.size() == 1);
    CHECK(previews[0].frames[0].width == 8 * 32);
    CHECK(previews[0].frames[0].height == 2 * 48);
    CHECK(task.describe()["config"]["codec"]["kind"] == "vae");
}

TEST_CASE("wrong numbers of a picture task are named", "[video]") {
    const auto refused = [](const nlohmann::json& task) { CHECK_THROWS_AS(parse_video_task("face", JsonObject(task, "config.json")), Error); };
    refused({{"framing", {0.5, 0.2}}});
    refused({{"framing", {0.5}}});
    refused({{"train", "some"}});
    refused({{"latent", 3}});
    const VideoTaskConfig config = parse_video_task("face", JsonObject({{"framing", {0, 0.5}}, {"train", "ours"}}, "config.json"));
    CHECK(config.sampling.framing_last == 0.5f);
    CHECK_FALSE(config.published_too);
}

TEST_CASE("the shipped configuration for imported models parses", "[video]") {
    const TrainingConfig config(std::filesystem::path(MIRRORME_SOURCE_DIR) / "data" / "training" / "ltx.json");
    for (const char* stage : {"face", "half_body", "hands", "stream"}) {
        CAPTURE(stage);
        CHECK(config.run_plan(stage).steps > 0);
        CHECK_NOTHROW(parse_video_task(stage, JsonObject(config.task(stage), config.subject())));
    }
}

TEST_CASE("a task that recites is measured on the clips that it learns", "[video]") {
    VideoTaskConfig config = small_task();
    config.recite = true;
    config.sampling.clip_latents = 5;
    config.sampling.pose_share = config.sampling.gate_share = 1;
    VideoTask task(config, small_modules(), kShape, waving);
    const auto drawn = task.make_source()->draw(1, 0);
    CHECK(static_cast<VideoBatch&>(*drawn).video.size(2) == 1 + 3 * kTemporal);  // windows are cut from longer clips
    torch::NoGradGuard no_grad;
    std::map<std::string, double> figures;
    const Metrics metrics = task.evaluate();
    for (const auto& [name, value] : metrics.entries()) figures[name] = value.item<double>();
    for (const char* name : {"mouth_error_held_still", "mouth_error_codec", "mouth_error_own_sound", "opening_other_sound", "mouth_liveliness_gate_shut", "hand_error_arms_reversed_to_reversed_truth"}) {
        INFO(name);
        REQUIRE(figures.contains(name));
        CHECK(std::isfinite(figures[name]));
    }
    const auto sheets = task.preview();
    REQUIRE(sheets.size() == 2);  // one a clip: truth, codec, own sound, other sound, gate shut, arms reversed
    CHECK(sheets[0].frames[0].height == 6 * 48);
}

TEST_CASE("figures of a recital: the clips themselves are without fault, told otherwise they are not", "[video]") {
    VideoSampling sampling = small_task().sampling;
    sampling.clip_latents = 8;
    std::vector<std::shared_ptr<const VideoClip>> clips;
    for (const std::uint64_t seed : {3, 4}) clips.push_back(std::make_shared<const VideoClip>(make_video_clip(kShape, sampling, waving, seed)));
    CHECK(clips[0]->video.size(1) == 1 + 8 * kTemporal);
    CHECK(clips[0]->lips.std().item<float>() > 0);
    CHECK(clips[0]->hands[0].sum().item<int64_t>() == 0);
    CHECK(clips[0]->hands[16].sum().item<int64_t>() > 0);

    const torch::Tensor truth = torch::stack({clips[0]->video, clips[1]->video}).narrow(2, 0, 1 + 7 * kTemporal).to(torch::kFloat) / 255;
    const VideoRecital recital({}, clips, true, true);
    std::map<std::string, double> figures;
    const Metrics metrics = recital.figures({{"own_sound", truth}, {"other_sound", truth.roll(1, 2)}, {"gate_shut", truth.slice(2, 0, 1).expand_as(truth)}, {"arms_reversed", truth.flip(2)}});
    for (const auto& [name, value] : metrics.entries())
        figures[name] = value.item<double>();
    CHECK(figures["mouth_error_own_sound"] == 0);
    CHECK(figures["hand_error_own_sound"] == 0);
    CHECK(figures["mouth_liveliness_own_sound"] == figures["mouth_liveliness_truth"]);
    CHECK(figures["mouth_error_other_sound"] > 0);
    CHECK(figures["mouth_liveliness_gate_shut"] < 1e-3);
    CHECK(figures["mouth_error_gate_shut"] == figures["mouth_error_held_still"]);
    CHECK(figures["hand_error_arms_reversed"] > 1);
    CHECK(figures["hand_error_arms_reversed_to_reversed_truth"] == 0);
}

TEST_CASE("a window of a clip has the clip's frames and remembers where its sound began", "[video]") {
    VideoSampling sampling = small_task().sampling;
    sampling.clip_latents = 8;
    const VideoClip clip = make_video_clip(kShape, sampling, waving, 3), window = window_of(clip, 5, 3);
    CHECK(window.video.equal(clip.video.narrow(1, 5 * kTemporal, 1 + 3 * kTemporal)));
    CHECK(window.origin == 5 * kTemporal);
    CHECK(window.face.equal(clip.face.narrow(0, 5, 4)));
    CHECK(window.pose.narrow(0, 1, 3).equal(clip.pose.narrow(0, 6, 3)));
    const torch::Tensor rows = rows_of_frames(clip.pose, kTemporal);
    CHECK(rows.size(0) == clip.video.size(1));
    CHECK(window.pose[0].equal(rows[5 * kTemporal].repeat({kTemporal})));  // its first picture stands alone
    CHECK(rows_of_latents(rows, kTemporal).equal(clip.pose));
}
