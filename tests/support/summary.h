#pragma once
// What is recorded of a golden tensor: the first six and the last three values, the sum and the sum of magnitudes.

#include <torch/torch.h>

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

namespace mirrorme::golden {

struct Summary {
    double first[6], last[3], sum, magnitude;
};

inline void check_summary(const torch::Tensor& tensor, const Summary& expected) {
    const torch::Tensor flat = tensor.detach().to(torch::kFloat).contiguous().flatten();
    for (int i = 0; i < 6; ++i) CHECK(flat[i].item<double>() == Catch::Approx(expected.first[i]).margin(1e-4));
    for (int i = 0; i < 3; ++i) CHECK(flat[flat.numel() - 3 + i].item<double>() == Catch::Approx(expected.last[i]).margin(1e-4));
    const double n = static_cast<double>(flat.numel());
    CHECK(flat.to(torch::kDouble).sum().item<double>() == Catch::Approx(expected.sum).margin(1e-5 * n + 1e-3));
    CHECK(flat.to(torch::kDouble).abs().sum().item<double>() == Catch::Approx(expected.magnitude).margin(1e-5 * n + 1e-3));
}

}  // namespace mirrorme::golden
