#include <catch2/catch_test_macros.hpp>
#include <torch/torch.h>

#include "codec/motion/renderer.h"
#include "kernels/include/operations.h"
#include "ops/warp.h"

using namespace mirrorme;

TEST_CASE("training's warp and the kernel's are the same, on the whole frame and on a crop") {
    torch::manual_seed(3);
    constexpr kernels::Size kSize{64, 96};
    const torch::Tensor picture = torch::rand({96, 64, 4}), flow = 12 * torch::randn({24, 16, 2});
    torch::Tensor live = torch::empty({96, 64, 4});
    kernels::cpu_operations().warp4(picture.data_ptr<float>(), flow.data_ptr<float>(), nullptr, kSize, live.data_ptr<float>());
    const torch::Tensor source = picture.permute({2, 0, 1}).unsqueeze(0), planar = flow.permute({2, 0, 1}).unsqueeze(0);
    const torch::Tensor whole = warp(source, planar, {torch::zeros({1, 2}, torch::kInt64)}).squeeze(0).permute({1, 2, 0});
    CHECK((whole - live).abs().max().item<float>() < 1e-4f);

    const torch::Tensor crop = warp(source, planar.slice(2, 5, 15).slice(3, 3, 11), {torch::tensor({{3, 5}})}).squeeze(0).permute({1, 2, 0});
    const torch::Tensor wanted = live.slice(0, 20, 60).slice(1, 12, 44);
    CHECK((crop - wanted).slice(0, 2, -2).slice(1, 2, -2).abs().max().item<float>() < 1e-4f);
}

TEST_CASE("gradients reach picture and flow") {
    const torch::Tensor source = torch::rand({1, 4, 32, 32}, torch::requires_grad()), flow = (0.3 * torch::randn({1, 2, 8, 8})).set_requires_grad(true);
    warp(source, flow, {torch::zeros({1, 2}, torch::kInt64)}).square().sum().backward();
    CHECK(source.grad().abs().sum().item<float>() > 0);
    CHECK(flow.grad().abs().sum().item<float>() > 0);
}

TEST_CASE("a cell's 64 numbers are its 4 x 4 pixels, as the frame kernel reads them") {
    constexpr kernels::Size kSize{32, 16};
    const torch::Tensor residual = torch::rand({1, 64, 4, 8}) * 0.5;
    const torch::Tensor pixels = cells_to_pixels(residual).squeeze(0).permute({1, 2, 0}).contiguous();  // [16, 32, 4]
    const torch::Tensor cells = residual.squeeze(0).permute({1, 2, 0}).contiguous(), opaque = torch::zeros({16, 32, 4});
    opaque.select(2, 3).fill_(1);
    torch::Tensor bgra = torch::empty({16, 32, 4}, torch::kUInt8);
    kernels::cpu_operations().finish_frame({opaque.data_ptr<float>(), cells.data_ptr<float>(), nullptr}, kSize, bgra.data_ptr<std::uint8_t>());
    const torch::Tensor wanted = (pixels.slice(2, 0, 3).flip(2) * 255 + 0.5).floor();
    CHECK((bgra.slice(2, 0, 3).to(torch::kFloat) - wanted).abs().max().item<float>() == 0);
}

TEST_CASE("an untrained renderer leaves the warp alone") {
    Renderer renderer{RendererConfig{}};
    const torch::NoGradGuard no_grad;
    const RendererOutput said = renderer->forward(torch::rand({2, kernels::kCellChannels, 12, 8}), torch::randn({2, kFrameConditionSize}));
    CHECK(said.residual.sizes() == torch::IntArrayRef({2, 64, 12, 8}));
    CHECK(said.delta.sizes() == torch::IntArrayRef({2, 2, 12, 8}));
    CHECK(said.residual.abs().max().item<float>() == 0);
    CHECK(said.delta.abs().max().item<float>() == 0);
}
