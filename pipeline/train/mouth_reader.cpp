#include "train/mouth_reader.h"

#include <cmath>

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr FaceBox kMouthBox{-1.1f, 0.25f, 1.1f, 2.25f};
constexpr int64_t kHidden = 96;
constexpr double kUnit = 0.25;  // face units that the net's output 1 stands for

torch::nn::Conv2d halving(int64_t from, int64_t to) { return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 3).stride(2).padding(1)); }

}  // namespace

Tensor face_window(const Tensor& picture, const FaceFrame& face, const FaceBox& box, kernels::Size size) {
    const auto along = [](float first, float last, int count) {  // centres of `count` pixels
        const float step = (last - first) / static_cast<float>(count);
        return torch::linspace(first + step / 2, last - step / 2, count);
    };
    const float c = face.unit * std::cos(face.roll), s = face.unit * std::sin(face.roll);
    const Tensor x = along(box.left, box.right, size.width).view({1, -1}), y = along(box.top, box.bottom, size.height).view({-1, 1});
    const Tensor at_x = face.origin_x + c * x - s * y, at_y = face.origin_y + s * x + c * y;
    const auto in_grid = [](const Tensor& pixel, int64_t length) { return pixel * (2.0 / static_cast<double>(length - 1)) - 1; };
    const Tensor grid = torch::stack({in_grid(at_x, picture.size(3)), in_grid(at_y, picture.size(2))}, 2).unsqueeze(0);
    namespace F = torch::nn::functional;
    return F::grid_sample(picture, grid, F::GridSampleFuncOptions().mode(torch::kBilinear).padding_mode(torch::kBorder).align_corners(true));
}

Tensor mouth_crop(const Tensor& picture, const FaceFrame& face) { return face_window(picture, face, kMouthBox, kMouthCropSize); }

MouthReaderImpl::MouthReaderImpl() {
    conv1 = register_module("conv1", halving(3, 24));
    conv2 = register_module("conv2", halving(24, 48));
    conv3 = register_module("conv3", halving(48, 32));
    hidden = register_module("hidden", torch::nn::Linear(32 * 6 * 6, kHidden));
    out = register_module("out", torch::nn::Linear(kHidden, 2));
}

Tensor MouthReaderImpl::forward(const Tensor& crops) {
    const Tensor seen = torch::silu(conv3(torch::silu(conv2(torch::silu(conv1((crops - 0.5) * 2))))));
    return out(torch::silu(hidden(seen.flatten(1)))) * kUnit;
}

}  // namespace mirrorme
