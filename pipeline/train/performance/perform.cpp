#include "train/performance/perform.h"

#include <algorithm>
#include <utility>

#include "train/performance/body_motion.h"
#include "train/performance/eye_motion.h"
#include "train/performance/gesture_plan.h"
#include "train/performance/mouth_track.h"
#include "train/performance/motion_curves.h"
#include "train/performance/personality.h"
#include "train/performance/prosody.h"
#include "train/performance/speech_beats.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

// Streams of the seed: a change in how one thing is drawn leaves the others as they were.
enum Stream : std::uint64_t { who_stream, eyes_stream, body_stream, gesture_stream, smile_stream };

/// Smiles come and go over seconds; a speaking mouth smiles less.
void add_smile(std::vector<MouthPose>& mouth, SeededRandom random, const Personality& who) {
    const Drift drift(random, 0.04, 0.2);
    const double width = 0.1 + 0.2 * random.unit();
    for (std::size_t i = 0; i < mouth.size(); ++i) {
        const double smile = who.rest_smile + width * 0.5 * drift.at(seconds_of_frame(static_cast<int>(i)));
        mouth[i].smile = static_cast<float>(std::clamp(smile * (1 - 0.5 * mouth[i].opening) * (1 - mouth[i].rounding), -0.4, 0.9));
    }
}

}  // namespace

Performance perform(std::uint64_t seed, SpokenTrack speech, const MotionOptions& options) {
    const SeededRandom random(seed);
    const auto stream = [&](Stream s) { return random.fork(s).bits(); };
    const Personality who = Personality::drawn(stream(who_stream));
    const Prosody prosody(speech.audio_16k);
    const SpeechBeats beats = speech_beats(speech.phonemes);

    std::vector<MouthPose> mouth = mouth_track(speech.phonemes, prosody, who, options.frames);
    add_smile(mouth, random.fork(smile_stream), who);
    const std::vector<EyesPose> eyes = eye_motion(stream(eyes_stream), beats, prosody, who, options.frames);
    const BodyMotion body = body_motion(stream(body_stream), beats, prosody, who, eyes);
    const GesturePlan plan = plan_gestures(stream(gesture_stream), beats, who, {options.frames, options.gesture_share});

    Performance performance;
    performance.seed = seed;
    performance.poses.resize(static_cast<std::size_t>(options.frames));
    for (std::size_t i = 0; i < performance.poses.size(); ++i) {
        PerformerPose& pose = performance.poses[i];
        pose.mouth = mouth[i];
        pose.eyes = eyes[i];
        pose.head = body.head[i];
        pose.torso = body.torso[i];
        pose.right_arm = plan.arms[i].right;
        pose.left_arm = plan.arms[i].left;
        pose.torso.raise_right = std::min(1.0f, pose.torso.raise_right + plan.arms[i].shrug);
        pose.torso.raise_left = std::min(1.0f, pose.torso.raise_left + plan.arms[i].shrug);
    }
    performance.speaking = speaking_frames(beats, options.frames);
    performance.gestures = plan.gestures;
    performance.audio_16k = std::move(speech.audio_16k);
    performance.phonemes = std::move(speech.phonemes);
    performance.voice = std::move(speech.voice);
    performance.text = std::move(speech.text);
    return performance;
}

}  // namespace mirrorme
