#include "train/codec_pictures.h"

#include <algorithm>
#include <cmath>

namespace mirrorme {

torch::Tensor over_colour(const torch::Tensor& rgba, const torch::Tensor& colour) { return rgba.slice(1, 0, 3) + (1 - rgba.slice(1, 3, 4)) * colour; }

torch::Tensor ssim_map(const torch::Tensor& a, const torch::Tensor& b) {
    constexpr int64_t kWindow = 7;
    constexpr double kSigma = 1.5, kC1 = 0.01 * 0.01, kC2 = 0.03 * 0.03;
    const int64_t channels = a.size(1);
    torch::Tensor line = torch::arange(kWindow, a.options()) - kWindow / 2;
    line = (-0.5 * (line / kSigma).square()).exp();
    line = line / line.sum();
    const torch::Tensor window = torch::outer(line, line).expand({channels, 1, kWindow, kWindow}).contiguous();
    const torch::nn::functional::Conv2dFuncOptions per_channel = torch::nn::functional::Conv2dFuncOptions().groups(channels);
    auto mean = [&](const torch::Tensor& x) {
        constexpr int64_t kRim = kWindow / 2;
        return torch::nn::functional::conv2d(torch::replication_pad2d(x, {kRim, kRim, kRim, kRim}), window, per_channel);
    };
    const torch::Tensor ma = mean(a), mb = mean(b);
    const torch::Tensor va = mean(a * a) - ma * ma, vb = mean(b * b) - mb * mb, cov = mean(a * b) - ma * mb;
    return (((2 * ma * mb + kC1) * (2 * cov + kC2)) / ((ma * ma + mb * mb + kC1) * (va + vb + kC2))).mean(1, true);
}

namespace {

/// Squared differences to the right and lower neighbours, [B, 1, H, W], mean of the channels; 0 past the last ones.
torch::Tensor gradient_energy(const torch::Tensor& picture) {
    const torch::Tensor right = (picture.slice(3, 1) - picture.slice(3, 0, -1)).square(), down = (picture.slice(2, 1) - picture.slice(2, 0, -1)).square();
    return (torch::constant_pad_nd(right, {0, 1}) + torch::constant_pad_nd(down, {0, 0, 0, 1})).mean(1, true);
}

}  // namespace

void PictureScore::add(const torch::Tensor& picture, const torch::Tensor& truth, const torch::Tensor& mask) {
    const torch::Tensor similar = ssim_map(picture, truth), squared = (picture - truth).square().mean(1, true);
    const torch::Tensor edges = gradient_energy(picture), true_edges = gradient_energy(truth);
    for (int64_t i = 0; i < picture.size(0); ++i) {
        const double area = mask[i].sum().item<double>();
        if (area < 1) continue;
        psnr_ += -10 * std::log10(std::max((squared[i] * mask[i]).sum().item<double>() / area, 1e-6));
        ssim_ += (similar[i] * mask[i]).sum().item<double>() / area;
        sharpness_ += (edges[i] * mask[i]).sum().item<double>() / std::max((true_edges[i] * mask[i]).sum().item<double>(), 1e-9);
        ++count_;
    }
}

RgbaImage contact_sheet(const std::vector<torch::Tensor>& tiles, int columns) {
    if (tiles.empty() || columns <= 0) return {};
    const int h = static_cast<int>(tiles[0].size(1)), w = static_cast<int>(tiles[0].size(2));
    const int rows = (static_cast<int>(tiles.size()) + columns - 1) / columns;
    RgbaImage sheet(w * columns, h * rows);
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        const torch::Tensor bytes = (tiles[i].detach().to(torch::kCPU, torch::kFloat).clamp(0, 1) * 255 + 0.5).to(torch::kUInt8).permute({1, 2, 0}).contiguous();
        const std::uint8_t* from = bytes.data_ptr<std::uint8_t>();
        const int x0 = static_cast<int>(i) % columns * w, y0 = static_cast<int>(i) / columns * h;
        for (int y = 0; y < h; ++y)
            for (int x = 0; x < w; ++x, from += 3) {
                std::uint8_t* to = sheet.at(x0 + x, y0 + y);
                std::copy_n(from, 3, to);
                to[3] = 255;
            }
    }
    return sheet;
}

}  // namespace mirrorme
