#pragma once
// Head and torso go from one latent frame into the next without a jerk. Torch-free. See Note [Seams] in the .cpp.

#include <array>
#include <span>
#include <vector>

#include "codec/motion/motion_values.h"

namespace mirrorme {

/// The seams of one stream. One thread.
class SeamEasing {
public:
    /// The r frames of the stream's next latent, eased in place; the last of them stays as it is. The first ever are left alone.
    void apply(std::span<MotionValues> latent);

private:
    struct Past {
        std::vector<float> last, speed;  // of a part: its last frame's values and how they changed to it
    };
    std::array<Past, kPartCount> past_;
};

}  // namespace mirrorme
