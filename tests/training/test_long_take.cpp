#include "train/long_take.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <map>

#include "train/motion_parts.h"

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

constexpr std::size_t kStretch = 96;

Performance speaker(std::uint64_t seed, const PerformanceOptions& options) {
    Performance p;
    p.seed = seed;
    p.audio_16k.resize(static_cast<std::size_t>(kPerformanceClock.first_sample(options.frames)));
    for (int f = 0; f < options.frames; ++f) {
        PerformerPose pose;
        pose.mouth.opening = 0.5f + 0.5f * std::sin(0.7f * static_cast<float>(f));
        pose.head.yaw = 4 * std::sin(0.2f * static_cast<float>(f));
        p.poses.push_back(pose);
    }
    return p;
}

struct Take {
    std::vector<MotionClip> clips;
    std::vector<SpokenClip> truths;
    std::vector<MotionTrack> tracks;  // the truth's
};

Take performed() {
    Take take;
    ClipOptions options;
    options.latents = 2 * static_cast<int>(kStretch) / kMotionTemporal;
    options.characters = CharacterSet::held_out;
    PartMap map(kMotionTemporal);
    fit_parts(map, speaker, {.clips = 4, .frames = 32, .data_seed = 3});
    take.clips.push_back(make_clip(map, speaker, options, 5));
    const MotionClip& clip = take.clips.front();
    SpokenClip truth;
    for (const KeyPointFrame& frame : clip.frames) truth.truth.push_back(to_face_units(frame, face_frame_of(clip.reference)));
    truth.loudness.resize(truth.truth.size());
    truth.silent.resize(truth.truth.size());
    take.tracks.push_back(truth.truth);
    take.truths.push_back(std::move(truth));
    return take;
}

std::map<std::string, double> judged(const Take& take) {
    Renderer warp_alone{RendererConfig{}};
    std::map<std::string, double> figures;
    for (const auto& [name, value] : judge_long_takes(warp_alone, take.clips, take.truths, take.tracks, 0, kStretch).figures) figures[name] = value;
    return figures;
}

}  // namespace

TEST_CASE("who performs as the truth does stays itself; whose head swells and wanders off does not") {
    Take take = performed();
    const auto steady = judged(take);
    CHECK(steady.at("identity_first") > 0.6);
    CHECK_THAT(steady.at("identity_kept"), WithinAbs(1, 0.1));
    CHECK(steady.at("head_moved") < 0.05);
    CHECK(steady.at("opening_last") > 0.999);
    CHECK_THAT(steady.at("head_energy_last"), WithinAbs(1, 1e-3));

    for (std::size_t f = kStretch; f < take.tracks[0].size(); ++f) {
        KeyPointFrame& frame = take.tracks[0][f];
        for (int i = 0; i < point::kNeck; ++i) {  // the features fall apart from the middle of the face
            KeyPoint& p = frame.points[static_cast<std::size_t>(i)];
            p.x = 1.35f * p.x + 0.3f;
            if (i >= point::kOuterLips) p.y = 0.6f * p.y;
        }
    }
    const auto drifted = judged(take);
    CHECK(drifted.at("identity_first") == steady.at("identity_first"));
    CHECK(drifted.at("identity_kept") < 0.85);
    CHECK_THAT(drifted.at("head_moved"), WithinAbs(0.3, 0.1));
}
