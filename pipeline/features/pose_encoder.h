#pragma once
// Hands and arms that were asked for (gestures), as tokens to add after proj_in.
//
// Raw pose of a latent frame, Conditioning::pose [B, T', P]: r frames x `points` key points x (x, y, confidence), frame by
// frame. Order of the points: left hand then right hand as in core/keypoints.h (elbow, wrist, fingers). Unit for `points`: half the
// distance of the shoulders, origin between them; for `maps`: width of the picture (both axes), origin in its upper left corner.

#include <torch/torch.h>

#include <memory>

#include "denoise/dit_config.h"
#include "denoise/positions.h"

namespace mirrorme {

/// Where no pose is given a learned null takes its place. Output starts at zero.
class PoseEncoder : public torch::nn::Module {
public:
    static std::shared_ptr<PoseEncoder> make(const DitConfig& config);

    /// pose [B, T', P] or undefined (nothing asked for), given [B, T'] bool or undefined (= given everywhere)
    /// -> [B, T' * S, D], or [1, T' * S, D] where pose is undefined.
    virtual torch::Tensor forward(const torch::Tensor& pose, const torch::Tensor& given, int64_t frames, const LatentGrid& grid) = 0;

    /// P of the raw pose.
    static int64_t pose_dim(const DitConfig& config) { return int64_t{3} * config.pose.points * config.grid.temporal; }
};

/// Skeletons drawn as soft limbs: points [F, points, 3] (unit: picture widths) -> [F, kSkeletonChannels, height, width] 0..1.
/// Channels: upper limb and palm of each side, then its five fingers.
torch::Tensor draw_skeletons(const torch::Tensor& points, int64_t height, int64_t width);
inline constexpr int kSkeletonChannels = 14;  // two sides x (forearm, palm, five fingers)

}  // namespace mirrorme
