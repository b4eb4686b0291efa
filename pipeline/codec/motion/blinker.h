#pragma once
// Sees to it that nobody stares: blinks where the latents bring none. Torch-free. See Note [Nobody stares] in the .cpp.

#include <cstdint>

#include "core/keypoints.h"

namespace mirrorme {

/// Eyes of one stream. The same seed and frames give the same blinks. One thread.
class Blinker {
public:
    explicit Blinker(std::uint64_t seed = 0) : seed_(seed) { wait_ = next_wait(); }

    /// The next frame of the stream, at 24 frames a second; any unit of length.
    void apply(KeyPointFrame& frame) noexcept;

private:
    int next_wait() noexcept;  // frames until the next blink

    std::uint64_t seed_, drawn_ = 0;
    int wait_ = 0;
    int phase_ = -1;           // frame of the blink in hand; -1 = none
};

/// A seed of somebody's own, so that two people do not blink together.
std::uint64_t blink_seed_of(const KeyPointFrame& reference) noexcept;

}  // namespace mirrorme
