#pragma once
// Sound that was read and heard by the model, but whose frames are not made yet.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "media/audio_reader.h"

namespace mirrorme::cli {

/// A queue of interleaved samples, so that a file that is stopped midway has as much sound as pictures.
/// Producer and consumer: one thread. Bounded by what the session lets run ahead.
class HeldSound {
public:
    explicit HeldSound(int channels) : channels_(channels) {}

    void put(const AudioBlock& block) { samples_.insert(samples_.end(), block.samples.begin(), block.samples.end()); }

    /// What lies before sample frame `end` and has not been taken yet.
    AudioBlock take_until(std::int64_t end) {
        const auto held = static_cast<std::int64_t>(samples_.size()) / channels_;
        const std::int64_t count = std::clamp<std::int64_t>(end - first_, 0, held);
        AudioBlock block{channels_, {}};
        const auto cut = samples_.begin() + static_cast<std::ptrdiff_t>(count * channels_);
        block.samples.assign(samples_.begin(), cut);
        samples_.erase(samples_.begin(), cut);
        first_ += count;
        return block;
    }

private:
    int channels_;
    std::int64_t first_ = 0;      // sample frame of samples_[0]
    std::vector<float> samples_;
};

}  // namespace mirrorme::cli
