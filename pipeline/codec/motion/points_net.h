#pragma once
// The key-point net: from a picture to key points with confidences, scalars and, for opaque pictures, a matte.
// Three small nets, run once a picture, each on what it can see best:
//   locator  the whole picture, letterboxed to 128 x 128: is there a face, where are eyes, mouth, chin, shoulders
//   face     the face, turned level, 128 x 128: mouth, eyes, head points, scalars
//   body     the frame, 256 x 384 (any multiple of 32): torso and hands, matte
// All take premultiplied RGBA planes, 0..1, [B, 4, H, W]; an opaque picture has alpha 1.

#include <torch/torch.h>

#include "codec/motion/face_crop.h"
#include "core/keypoints.h"

namespace mirrorme {

inline constexpr int kLocatorSize = 128;     // pixels
inline constexpr int kFacePoints = point::kNeck;                      // mouth, eyes, head
inline constexpr int kBodyPoints = point::kCount - point::kNeck;      // torso, hands

/// What the locator finds, in this order.
enum class Landmark { right_eye, left_eye, mouth, chin, right_shoulder, left_shoulder };
inline constexpr int kLandmarkCount = 6;

/// Points in pixels of the net's input.
struct PointsOutput {
    torch::Tensor points;      // [B, N, 2] x, y
    torch::Tensor confidence;  // [B, N] logits: visible
};
struct LocatorOutput {
    PointsOutput landmarks;  // N = kLandmarkCount
    torch::Tensor presence;  // [B] logit: there is a face
};
struct FaceOutput {
    PointsOutput points;    // N = kFacePoints
    torch::Tensor scalars;  // [B, kScalarCount], angles / 30
};
struct BodyOutput {
    PointsOutput points;  // N = kBodyPoints
    torch::Tensor matte;  // [B, 1, H, W] logit: belongs to the person
};

/// Pictures as cells of 4 x 4 pixels, then 1/8 and 1/16 and back to 1/8 (`features`) with a global view.
class PictureTrunkImpl : public torch::nn::Module {
public:
    explicit PictureTrunkImpl(int width);
    struct Output {
        torch::Tensor cells;     // [B, width, H/4, W/4]
        torch::Tensor features;  // [B, 2 width, H/8, W/8]
        torch::Tensor global;    // [B, 3 width]
    };
    Output forward(const torch::Tensor& picture);

private:
    torch::nn::Conv2d stem{nullptr}, enc{nullptr}, down1{nullptr}, mid{nullptr}, down2{nullptr}, near{nullptr}, wide{nullptr}, far{nullptr},
        up{nullptr}, merge{nullptr};
};
TORCH_MODULE(PictureTrunk);

/// Points as the centre of mass of learned heat maps, plus a correction from the global view that can reach outside
/// the picture.
class PointHeadImpl : public torch::nn::Module {
public:
    PointHeadImpl(int features, int global, int points);
    /// features [B, C, h, w] at `stride` pixels.
    PointsOutput forward(const torch::Tensor& features, const torch::Tensor& global, int stride);

private:
    int points_;
    torch::nn::Conv2d heat{nullptr};
    torch::nn::Linear beyond{nullptr};
};
TORCH_MODULE(PointHead);

class LocatorImpl : public torch::nn::Module {
public:
    LocatorImpl();
    LocatorOutput forward(const torch::Tensor& picture);

private:
    PictureTrunk trunk{nullptr};
    PointHead landmarks{nullptr};
    torch::nn::Linear presence{nullptr};
};
TORCH_MODULE(Locator);

class FaceNetImpl : public torch::nn::Module {
public:
    FaceNetImpl();
    FaceOutput forward(const torch::Tensor& crop);

private:
    PictureTrunk trunk{nullptr};
    torch::nn::Conv2d fine{nullptr};
    PointHead points{nullptr};
    torch::nn::Linear hidden{nullptr}, scalars{nullptr};
};
TORCH_MODULE(FaceNet);

class BodyNetImpl : public torch::nn::Module {
public:
    BodyNetImpl();
    /// guide [B, 1, H, W]: where the face is (1 at the eyes, falling off with distance), so that the person meant is the
    /// one that is cut out.
    BodyOutput forward(const torch::Tensor& frame, const torch::Tensor& guide);

private:
    PictureTrunk trunk{nullptr};
    PointHead points{nullptr};
    torch::nn::Conv2d up{nullptr}, edge{nullptr}, matte{nullptr}, guide_in{nullptr};
};
TORCH_MODULE(BodyNet);

class PointsNetImpl : public torch::nn::Module {
public:
    PointsNetImpl();
    Locator locator{nullptr};
    FaceNet face{nullptr};
    BodyNet body{nullptr};
};
TORCH_MODULE(PointsNet);

}  // namespace mirrorme
