#pragma once
// Reads a mouth off a picture as a viewer does, whatever key points say of it: opening and width. A judge: trained on performers
// (train/mouth_reader_task.h), used in no loss, and no part of a bundle.

#include <torch/torch.h>

#include "codec/motion/resample.h"
#include "core/keypoints.h"

namespace mirrorme {

/// A rectangle in face units: x to the picture's right along the eyes, y down, origin between the eyes.
struct FaceBox {
    float left, top, right, bottom;
};

/// `box` cut out of picture [1, 3, H, W] and turned upright: [1, 3, size.height, size.width]. What lies beyond the picture's rim repeats its rim.
torch::Tensor face_window(const torch::Tensor& picture, const FaceFrame& face, const FaceBox& box, kernels::Size size);

inline constexpr kernels::Size kMouthCropSize{48, 44};
/// What the reader is shown: nose to chin.
torch::Tensor mouth_crop(const torch::Tensor& picture, const FaceFrame& face);

inline constexpr const char* kMouthReaderPrefix = "mouth_reader.";  // of its tensors in files

class MouthReaderImpl : public torch::nn::Module {
public:
    MouthReaderImpl();
    /// Crops [B, 3, 44, 48], 0..1 -> [B, 2] face units of the crops' faces: lip_opening, lip_width (train/motion_metrics.h).
    torch::Tensor forward(const torch::Tensor& crops);

private:
    torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr};
    torch::nn::Linear hidden{nullptr}, out{nullptr};
};
TORCH_MODULE(MouthReader);

}  // namespace mirrorme
