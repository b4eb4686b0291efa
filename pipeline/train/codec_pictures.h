#pragma once
// Pictures as tensors: composites, scores, contact sheets.

#include <torch/torch.h>

#include <vector>

#include "core/image.h"

namespace mirrorme {

/// Premultiplied RGBA [B, 4, H, W] over a colour [.., 3, 1, 1] -> [B, 3, H, W].
torch::Tensor over_colour(const torch::Tensor& rgba, const torch::Tensor& colour);

/// Mean PSNR, SSIM and sharpness over pictures, each under a mask.
class PictureScore {
public:
    /// picture, truth [B, 3, H, W] 0..1; mask [B, 1, H, W] 0/1; pictures whose mask is empty do not count.
    void add(const torch::Tensor& picture, const torch::Tensor& truth, const torch::Tensor& mask);
    double psnr() const { return count_ ? psnr_ / count_ : 0; }
    double ssim() const { return count_ ? ssim_ / count_ : 0; }
    /// Energy of the picture's gradients against the truth's: 1 as sharp, less is softer.
    double sharpness() const { return count_ ? sharpness_ / count_ : 0; }

private:
    double psnr_ = 0, ssim_ = 0, sharpness_ = 0;
    int count_ = 0;
};

/// SSIM of every pixel [B, 1, H, W], mean of the channels; Gaussian window of 7 pixels, sigma 1.5.
torch::Tensor ssim_map(const torch::Tensor& a, const torch::Tensor& b);

/// Tiles [3, h, w] of one size, `columns` a row, as an opaque picture.
RgbaImage contact_sheet(const std::vector<torch::Tensor>& tiles, int columns);

}  // namespace mirrorme
