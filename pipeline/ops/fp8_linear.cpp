#include "ops/fp8_linear.h"

#include "kernels/include/small_floats.h"
#include "ops/device_runtime.h"
#include "ops/norm_rope.h"
#include "ops/tensor_table.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kSmallestPeak = 1e-12;  // of a row: one of zeros has a scale too
constexpr int kFirstWithFp8 = 89;        // compute capability 8.9

}  // namespace

Fp8Rows fp8_rows(const Tensor& x) {
    if (const Fp8Rows rows = fused::activated_rows(x, {}, kernels::Activation::none); rows.defined()) return rows;
    const Tensor wide = x.to(torch::kFloat), peak = wide.abs().amax(-1, /*keepdim=*/true).clamp_min(kSmallestPeak);
    const Tensor grow = torch::full_like(peak, kernels::kLargestE4m3) / peak;  // a number over a tensor would multiply by a rounded inverse
    return {(wide * grow).to(torch::kFloat8_e4m3fn).contiguous(), (peak / kernels::kLargestE4m3).flatten()};
}

Fp8Rows modulated_norm_rows(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
    if (const Fp8Rows rows = fused::modulated_norm_rows(x, scale, shift, eps); rows.defined()) return rows;
    return fp8_rows(modulated_rms_norm(x, scale, shift, eps));
}

Fp8Rows gelu_rows(const Tensor& x, const Tensor& bias) {
    if (const Fp8Rows rows = fused::activated_rows(x, bias, kernels::Activation::gelu_tanh); rows.defined()) return rows;
    return fp8_rows(torch::gelu(x + bias, "tanh"));
}

Tensor restored(const Fp8Rows& rows) {
    std::vector<int64_t> shape = rows.bytes.sizes().vec();
    shape.back() = 1;
    return rows.bytes.to(torch::kFloat) * rows.scale.view(shape);
}

Tensor fp8_product(const Fp8Rows& x, const Fp8Rows& weight, const Tensor& bias, torch::ScalarType type) {
    std::vector<int64_t> shape = x.bytes.sizes().vec();
    shape.back() = weight.bytes.size(0);
    const Tensor flat = x.bytes.flatten(0, -2);
    if (flat.is_cuda()) {  // scales by row come out in bfloat16 alone
        std::optional<Tensor> added;
        if (bias.defined()) added = bias.to(torch::kBFloat16);
        return at::_scaled_mm(flat, weight.bytes.t(), x.scale.view({-1, 1}), weight.scale.view({1, -1}), added, /*scale_result=*/{}, torch::kBFloat16, /*use_fast_accum=*/true)
            .view(shape)
            .to(type);
    }
    const Tensor sums = torch::matmul(flat.to(torch::kFloat), weight.bytes.to(torch::kFloat).t()) * x.scale.view({-1, 1}) * weight.scale;
    return (bias.defined() ? sums + bias : sums).view(shape).to(type);
}

std::string why_no_fp8(torch::Device device) {
    if (device.is_cpu()) return {};
    DeviceRuntime* runtime = runtime_for(device);
    if (runtime == nullptr) return "libmirrorme-cuda.so is not loaded, which knows what the device can do";
    const int capability = runtime->compute_capability(device);
    if (capability >= kFirstWithFp8) return {};
    return "it has compute capability " + std::to_string(capability / 10) + "." + std::to_string(capability % 10) + ", products of e4m3 rows need 8.9";
}

}  // namespace mirrorme
