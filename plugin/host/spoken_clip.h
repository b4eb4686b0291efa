#pragma once
// A shipped sentence that a source can speak without a microphone ("Try it").

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// Mono samples of a WAV file (PCM, 16 bit, any rate and channel count) at `rate`. Throws Error: not_found, unreadable, unsupported, too_large (a minute).
std::vector<float> read_spoken_clip(const std::filesystem::path& file, Rational rate);

/// Plays a clip over a running sound. One thread; nothing allocates after start().
class ClipOverlay {
public:
    /// The clip replaces the sound from sample `at` on.
    void start(std::vector<float> clip, SampleIndex at) {
        clip_ = std::move(clip);
        at_ = at;
        playing_ = true;
    }
    bool playing() const noexcept { return playing_; }
    /// Replaces those of `samples` (the first is sample `first`) that the clip covers; says which part of them that was.
    std::optional<SampleSpan> apply(SampleIndex first, std::span<float> samples) noexcept;

private:
    std::vector<float> clip_;
    SampleIndex at_ = 0;
    bool playing_ = false;
};

}  // namespace mirrorme
