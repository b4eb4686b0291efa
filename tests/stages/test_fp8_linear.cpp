#include "ops/fp8_linear.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "denoise/denoiser.h"
#include "kernels/include/small_floats.h"
#include "ops/device_runtime.h"
#include "ops/tensor_table.h"
#include "support/dit_small.h"
#include "support/work_check.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

double relative(const Tensor& got, const Tensor& want) {
    const Tensor a = got.to(torch::kDouble), b = want.to(torch::kDouble);
    return ((a - b).square().sum().sqrt() / b.square().sum().sqrt()).item<double>();
}

/// Widths that are multiples of 16, which rows of e4m3 need; three blocks, the middle one of which is e4m3.
DitConfig config_of(int layers) {
    DitConfig config = small_config();
    config.num_layers = layers;
    config.attention_head_dim = 32;
    config.cross_attention_dim = 64;
    config.caption_channels = 32;
    config.context.chunk = 1;
    return config;
}

DitModel model_of(int layers, torch::ScalarType type, bool quantised) {
    DitModel model = trained_model(config_of(layers));
    model->to(type);
    const torch::NoGradGuard no_gradients;
    if (quantised) model->quantise_linears();
    return model;
}

Tensor streamed(const DitModel& model, int64_t frames) {
    Denoiser denoiser(model, {.steps = 3});
    const Conditioning all = small_conditioning(model->config(), 1, frames);
    StreamSetup setup;
    setup.identity = all.identity;
    const auto cache = denoiser.start(setup);
    std::vector<Tensor> made;
    for (int64_t i = 0; i < frames; ++i) made.push_back(denoiser.run({i, i + 1}, part_of(all, i, 1), *cache, 7));
    return torch::cat(made, 2);
}

}  // namespace

TEST_CASE("rows of e4m3 are the rows to three bits, whatever their size") {
    const torch::NoGradGuard no_gradients;
    const Tensor x = golden::input("x", {2, 5, 32}) * torch::tensor({1.0f, 1e-6f, 3e4f, 0.5f, 0.0f}).view({1, 5, 1});
    const Fp8Rows rows = fp8_rows(x);
    CHECK(rows.bytes.sizes() == x.sizes());
    CHECK(rows.scale.numel() == 10);
    CHECK(rows.bytes.scalar_type() == torch::kFloat8_e4m3fn);
    const Tensor back = restored(rows), peak = x.abs().amax(-1, true);
    // Half a unit in the third bit, or of the smallest step: 2^-9 of scale.
    CHECK(((back - x).abs() <= x.abs() / 16 + peak / 448 * 0x1p-10 + 1e-12).all().item<bool>());
    CHECK(back.select(1, 4).equal(torch::zeros({2, 32})));
    for (int64_t b = 0; b < 2; ++b)
        for (int64_t i = 0; i < 4; ++i) CHECK(std::abs(back[b][i].abs().max().item<double>() / peak[b][i].item<double>() - 1) < 1e-6);

    // The same bytes by the definition, and by the table's kernel.
    const CpuTableScope table;
    const Fp8Rows fused = fp8_rows(x);
    CHECK(relative(restored(fused), restored(rows)) < 5e-3);  // some bytes differ: a value between two may go either way
    CHECK(torch::allclose(fused.scale, rows.scale));
    const float largest = x[0][0].abs().max().item<float>();
    for (int64_t c = 0; c < 32; ++c)
        CHECK(rows.bytes.view(torch::kByte)[0][0][c].item<int>() == kernels::to_e4m3(x[0][0][c].item<float>() * (kernels::kLargestE4m3 / largest)));
}

TEST_CASE("a product of e4m3 rows is the product of what they stand for") {
    const torch::NoGradGuard no_gradients;
    const Tensor x = golden::input("x", {1, 6, 64}), w = golden::input("w", {48, 64}), bias = golden::input("b", {48});
    const Fp8Rows a = fp8_rows(x), b = fp8_rows(w);
    const Tensor exact = torch::matmul(restored(a).to(torch::kDouble), restored(b).to(torch::kDouble).t()) + bias;
    CHECK(relative(fp8_product(a, b, bias, torch::kFloat), exact) < 1e-6);
    CHECK(fp8_product(a, b, {}, torch::kBFloat16).scalar_type() == torch::kBFloat16);
    // Two roundings of at most 1 / 16 each, of independent signs.
    const double loss = relative(fp8_product(a, b, bias, torch::kFloat), torch::linear(x, w, bias));
    CHECK(loss > 1e-3);
    CHECK(loss < 0.06);
}

TEST_CASE("norm and GELU give rows in one operation as in two") {
    const torch::NoGradGuard no_gradients;
    const Tensor x = golden::input("x", {2, 4, 32}), scale = golden::input("s", {2, 1, 32}) * 0.1, shift = golden::input("t", {2, 1, 32}), bias = golden::input("b", {32});
    const Fp8Rows norm = modulated_norm_rows(x, scale, shift, 1e-6), gelu = gelu_rows(x, bias);
    const std::int64_t before = CpuTableScope::operations_run();
    const CpuTableScope table;
    CHECK(relative(restored(modulated_norm_rows(x, scale, shift, 1e-6)), restored(norm)) < 5e-3);  // a value between two may go either way
    CHECK(relative(restored(gelu_rows(x, bias)), restored(gelu)) < 5e-3);
    CHECK(CpuTableScope::operations_run() == before + 2);
}

TEST_CASE("a stream with e4m3 linears is near the stream without, and only the inner blocks are") {
    const Tensor want = streamed(model_of(4, torch::kFloat, false), 4), got = streamed(model_of(4, torch::kFloat, true), 4);
    const double loss = relative(got, want);
    CAPTURE(loss);
    CHECK(loss > 1e-4);
    CHECK(loss < 0.1);
    CHECK(streamed(model_of(2, torch::kFloat, true), 2).equal(streamed(model_of(2, torch::kFloat, false), 2)));

    DitModel model = model_of(4, torch::kBFloat16, true);
    const Tensor brain = streamed(model, 4);
    CHECK(relative(brain, want) < 0.12);
    CHECK(streamed(model, 4).equal(brain));  // a second stream of the same model
    int given_up = 0;
    for (const auto& item : model->named_parameters()) given_up += item.value().numel() == 0;
    CHECK(given_up == 2 * 5);  // q, k, v and both of the feed-forward, two blocks
}

TEST_CASE("a stream with e4m3 linears can be recorded, and goes through the table") {
    DitModel model = model_of(4, torch::kFloat, true);
    const Tensor plain = streamed(model, 5);
    const CpuTableScope table;
    WorkCheck check;
    const Tensor recorded = streamed(model, 5);
    CHECK(check.problems() == "");
    CHECK(check.replayed() > 5);
    CHECK(relative(recorded, plain) < 0.02);  // bytes that went the other way
}

TEST_CASE("a device without e4m3 says so") {
    CHECK(why_no_fp8(torch::kCPU).empty());
    CHECK(why_no_fp8(torch::Device(torch::kCUDA, 0)).find("libmirrorme-cuda.so") != std::string::npos);
}
