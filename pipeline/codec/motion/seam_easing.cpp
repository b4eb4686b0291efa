// Note [Seams]
// A latent frame stands for r frames that the codec's map keeps smooth; between two latents nothing does but the model, and each is a sample with a
// small error of its own. So head and torso would jerk a little at every latent, six times a second, which people see although the error is a few
// pixels. What jumps there beyond the speed on either side is error, and is spread over the frames of the new latent: a r-th of it at each step,
// nothing of it at the last, so no lag builds up and no drift. Motion that is smooth, whatever its speed, stays as it is.
// Mouth and eyes are left alone: consonants and glances are sudden, and on time. Hands are, too: presses of hotkeys are.

#include "codec/motion/seam_easing.h"

namespace mirrorme {

void SeamEasing::apply(std::span<MotionValues> latent) {
    if (latent.size() < 2) return;  // a single frame is its own last one
    const std::size_t end = latent.size() - 1;
    const auto frames = static_cast<float>(latent.size());
    for (const Part part : {Part::head, Part::torso}) {
        const auto at = static_cast<std::size_t>(part);
        Past& past = past_[at];
        const std::size_t count = latent[0].parts[at].size();
        const auto value = [&](std::size_t frame, std::size_t i) -> float& { return latent[frame].parts[at][i]; };
        const bool known = past.last.size() == count;
        if (!known) past = {std::vector<float>(count), std::vector<float>(count)};
        for (std::size_t i = 0; i < count; ++i) {
            if (known) {
                const float jump = value(0, i) - past.last[i] - (past.speed[i] + value(1, i) - value(0, i)) / 2;
                for (std::size_t f = 0; f < latent.size(); ++f) value(f, i) -= jump * (1 - static_cast<float>(f + 1) / frames);
            }
            past.speed[i] = value(end, i) - value(end - 1, i);
            past.last[i] = value(end, i);
        }
    }
}

}  // namespace mirrorme
