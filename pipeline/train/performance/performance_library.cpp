#include "train/performance/performance_library.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "train/performance/audio_augmentation.h"
#include "train/performance/perform.h"
#include "train/performance/spoken_track.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

enum Stream : std::uint64_t { window_stream = 200, motion_stream, augmentation_stream };

/// Samples [start, start + size) of a recording, as a clip.
SpeechClip window_of(const Performance& recording, std::int64_t start, std::int64_t size) {
    SpeechClip clip;
    const auto first = recording.audio_16k.begin() + start;
    clip.samples.assign(first, first + size);
    for (PhonemeSpan span : recording.phonemes) {
        span.start_sample = std::clamp<std::int64_t>(span.start_sample - start, 0, size);
        span.end_sample = std::clamp<std::int64_t>(span.end_sample - start, 0, size);
        span.release_sample = std::clamp(span.release_sample - start, span.start_sample, span.end_sample);
        if (span.end_sample > span.start_sample) clip.phonemes.push_back(span);
    }
    return clip;
}

/// Ends where the nearest pause begins, when one is within reach: a cut in mid-word is a click.
std::int64_t calm_start(const Performance& recording, std::int64_t wanted) {
    for (const PhonemeSpan& span : recording.phonemes) {
        if (span.phone == Phone::silence && std::abs(span.start_sample - wanted) < kSpeechRate / 2) return span.start_sample;
    }
    return wanted;
}

}  // namespace

PerformanceLibrary::PerformanceLibrary(const std::filesystem::path& folder) : folder_(folder.string()) {
    for (const std::filesystem::path& file : find_performance_shards(folder)) {
        shards_.emplace_back(file);
        const PerformanceShard& shard = shards_.back();
        for (std::size_t i = 0; i < shard.size(); ++i) {
            const std::string voice = shard.read(i).voice;
            (stable_hash(voice) % 10 == 9 ? held_out_ : training_).push_back({shards_.size() - 1, i});
        }
    }
}

const std::vector<PerformanceLibrary::Place>& PerformanceLibrary::places(bool held_out) const {
    const auto& places = held_out ? held_out_ : training_;
    if (places.empty()) {
        throw Error(ErrorCode::not_found, folder_, held_out ? "holds no held-out voices" : "holds only held-out voices", "Record more minutes");
    }
    return places;
}

Performance PerformanceLibrary::make(std::uint64_t seed, const PerformanceOptions& options) const {
    if (options.frames < 1 || options.frames > kMostPerformanceFrames) {
        throw Error(ErrorCode::usage, "frames", "must be 1 to " + std::to_string(kMostPerformanceFrames), "Make longer ones in parts");
    }
    SeededRandom root(seed), random = root.fork(window_stream);
    const std::int64_t samples = kPerformanceClock.first_sample(options.frames);
    SpokenTrackBuilder builder(samples);
    std::string voice, text;
    const bool idle = options.speech_share <= 0 || random.chance(0.25 * (1 - options.speech_share));
    for (std::int64_t cursor = 0; !idle && cursor < samples;) {
        const Place place = random.pick(places(options.held_out));
        const Performance recording = shards_[place.shard].read(place.record);
        const auto length = static_cast<std::int64_t>(recording.audio_16k.size());
        const std::int64_t spare = std::max<std::int64_t>(length - (samples - cursor), 0);
        const std::int64_t start = calm_start(recording, static_cast<std::int64_t>(random.unit() * static_cast<double>(spare)));
        const std::int64_t size = std::min(length - start, samples - cursor);
        if (size > 0) builder.add(window_of(recording, start, size), cursor);
        cursor += std::max<std::int64_t>(size, kSpeechRate / 10);
        voice = recording.voice;
        text += (text.empty() ? "" : "\n") + recording.text;
    }
    SpokenTrack track = builder.finish();
    track.voice = std::move(voice);
    track.text = std::move(text);
    Performance performance = perform(root.fork(motion_stream).bits(), std::move(track), {options.frames, options.gesture_share});
    performance.seed = seed;
    if (options.augmentation > 0) augment_audio(performance.audio_16k, root.fork(augmentation_stream).bits(), options.augmentation);
    return performance;
}

std::vector<std::filesystem::path> record_performances(const PerformanceGenerator& generator, const std::filesystem::path& folder,
                                                       const RecordingPlan& plan, const std::function<void(double)>& progress) {
    PerformanceShardWriter writer(folder, "speech", plan.coding);
    const auto count = static_cast<std::uint64_t>(std::ceil(plan.minutes * 60 * 24 / plan.frames));
    const SeededRandom random(plan.seed);
    for (std::uint64_t i = 0; i < count; ++i) {
        PerformanceOptions options;
        options.frames = plan.frames;
        options.speech_share = 0.85f;
        options.held_out = std::floor(static_cast<double>(i + 1) * plan.held_out_share) > std::floor(static_cast<double>(i) * plan.held_out_share);
        Performance performance = generator.make(random.fork(i).bits(), options);
        // Silence needs no recording.
        if (!performance.voice.empty()) writer.add(performance);
        if (progress) progress(static_cast<double>(i + 1) / static_cast<double>(count));
    }
    return writer.finish();
}

}  // namespace mirrorme
