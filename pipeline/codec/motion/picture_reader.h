#pragma once
// Key points and matte of any picture, with the key-point net.

#include <filesystem>
#include <vector>

#include "codec/motion/points_net.h"
#include "codec/motion/resample.h"
#include "core/image.h"
#include "core/keypoints.h"

namespace mirrorme {

/// The key-point net of a bundle with codec `motion`. Throws Error: what Bundle::open throws, unsupported for another codec.
PointsNet load_points_net(const std::filesystem::path& bundle);

struct PictureReading {
    KeyPointFrame points;  // pixels of the picture; hands that are not seen hang at rest with confidence 0
    float presence = 0;    // 0 no face .. 1 certainly one
};

/// Finds the face at any size and place (whole picture, then closer looks), then its points in two passes of the face net,
/// then the body. The net's thread. Deterministic. A picture without a face gives low presence and points of no meaning.
PictureReading read_picture(PointsNet& net, const RgbaImage& picture);

/// The same where the face was a frame ago: the locator is asked only whether it still is there.
PictureReading read_picture_near(PointsNet& net, const RgbaImage& picture, const FaceFrame& face);

/// Who is the person in an opaque frame.
struct MatteReading {
    std::vector<float> matte;  // [H, W] 0..1, refined to the picture's own edges
    float unsure = 0;          // pixels about which the net was undecided or the picture contradicts it, as a share of the person's
};

/// The person whose key points are `points`, in pixels of the frame. Frame sides are multiples of 16.
MatteReading read_matte(PointsNet& net, const FloatPicture& frame, const KeyPointFrame& points);
/// What the body net says of frames [N, 4, H, W] and of their mirror images, averaged: logits [N, 1, H, W]. guides [N, 1, H, W].
torch::Tensor matte_logits(BodyNet& net, const torch::Tensor& frames, const torch::Tensor& guides);
/// The matte from such logits of one frame, [1, 1, H, W] or [1, H, W].
MatteReading matte_of(const torch::Tensor& logits, const FloatPicture& frame, const KeyPointFrame& points);

}  // namespace mirrorme
