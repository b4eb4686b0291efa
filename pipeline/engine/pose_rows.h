#pragma once
// From a gesture's pose in torso units to the raw pose rows the denoiser takes (features/pose_encoder.h).

#include <cstddef>
#include <span>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "core/keypoints.h"
#include "denoise/dit_config.h"
#include "engine/session/gesture_player.h"

namespace mirrorme {

/// Note [Retargeting]
/// Presets are in torso units (origin between the shoulders, 1 = half their distance), so that one wave fits every body: broad or slim,
/// near or far. While a preset eases in or out its points are mixed with where this person's hands are when nothing is asked:
/// where the reference shows them, else hanging beside the body.
class PoseRows {
public:
    /// `reference`: the identity's points in pixels of a frame of width x height pixels.
    PoseRows(const DitConfig& config, const KeyPointFrame& reference, int frame_width);

    /// P values of one latent frame, for its r video frames. Order of points: left hand, then right hand, each (x, y, confidence).
    void write(std::span<const GesturePose> frames, std::vector<float>& row) const;
    std::size_t size() const noexcept;  // P

private:
    KeyPoint blended(const GesturePose& pose, int index) const;

    PoseKind kind_;
    int temporal_;
    TorsoFrame torso_;      // pixels
    float frame_width_;     // pixels
    KeyPointFrame at_rest_;  // torso units
};

}  // namespace mirrorme
