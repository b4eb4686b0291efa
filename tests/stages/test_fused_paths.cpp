// The paths that a device's fused operations take, on the CPU with the CPU's table, against the paths of torch's operations.

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "codec/vae/vae_stream.h"
#include "core/log.h"
#include "denoise/denoiser.h"
#include "ops/tensor_table.h"
#include "support/dit_small.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

constexpr int64_t kFrames = 5;

/// A stream of kFrames latent frames.
Tensor streamed(const DitModel& model, const SamplerConfig& sampler) {
    Denoiser denoiser(model, sampler);
    const DitConfig& config = model->config();
    const Conditioning all = small_conditioning(config, 1, kFrames);
    StreamSetup setup;
    setup.identity = all.identity;
    const auto cache = denoiser.start(setup);
    std::vector<Tensor> made;
    for (int64_t i = 0; i < kFrames; ++i) made.push_back(denoiser.run({i, i + 1}, part_of(all, i, 1), *cache, 7));
    return torch::cat(made, 2);
}

double error_of(const Tensor& got, const Tensor& want) { return ((got - want).abs().max() / want.abs().max()).item<double>(); }

/// Root mean square: the largest difference of numbers of 8 bits is mostly luck, and another with every processor.
double mean_error_of(const Tensor& got, const Tensor& want) { return ((got - want).square().mean().sqrt() / want.square().mean().sqrt()).item<double>(); }

DitConfig full_config(StreamHistory history) {
    DitConfig config = small_config();
    config.context.chunk = 1;
    config.context.history = history;
    config.caption_channels = 32;  // with text, as the published model
    config.part_tokens = 6;
    return config;
}

LtxVae small_vae(VaeVersion version) {
    LtxVae vae(published_vae(version, 8, 16));  // the narrowest whose upsamplers the table takes
    golden::fill(*vae);
    vae->eval();
    return vae;
}

}  // namespace

TEST_CASE("a stream by fused operations is the stream by torch's") {
    for (const StreamHistory history : {StreamHistory::clean, StreamHistory::step_matched}) {
        const DitModel model = trained_model(full_config(history));
        const SamplerConfig sampler{.kind = history == StreamHistory::clean ? SamplerKind::euler : SamplerKind::stochastic, .steps = 3};
        const Tensor plain = streamed(model, sampler);
        const std::int64_t before = CpuTableScope::operations_run();
        const CpuTableScope table;
        const Tensor fused = streamed(model, sampler);
        // A block: two norms, two gates, the attention, the text's queries, the adapter's norm and queries, the feed-forward.
        CHECK(CpuTableScope::operations_run() - before >= kFrames * 3 * model->config().num_layers * 8);
        CHECK(error_of(fused, plain) < 1e-5);
    }
}

TEST_CASE("in bfloat16 fused operations are no further from float32 than torch's") {
    DitModel exact = trained_model(full_config(StreamHistory::clean)), rough = trained_model(full_config(StreamHistory::clean));
    rough->to(torch::kBFloat16);
    const SamplerConfig sampler{.steps = 3};
    const Tensor want = streamed(exact, sampler), plain = streamed(rough, sampler);
    const CpuTableScope table;
    const double ours = mean_error_of(streamed(rough, sampler), want), theirs = mean_error_of(plain, want);
    CAPTURE(ours, theirs);
    CHECK(ours < 0.02);
    CHECK(ours < 1.25 * theirs);
}

TEST_CASE("a decode by fused operations is the decode by torch's") {
    const torch::InferenceMode no_gradients;
    static std::vector<std::string> told;
    told.clear();
    set_log_receiver([](LogLevel, std::string_view message) { told.emplace_back(message); });
    for (const VaeVersion version : {VaeVersion::v0_9_0, VaeVersion::v0_9_1, VaeVersion::v0_9_5}) {
        const Tensor latents = golden::input("latents", {1, 16, 2, 2, 3});
        const VaeWindow window{.context_back = 1, .noise_scale = 0.025};
        const Tensor plain = VaeStreamDecoder(small_vae(version), window).push(latents), pixels = bgra_of(plain);
        const CpuTableScope table;
        const std::int64_t before = CpuTableScope::operations_run();
        const Tensor fused = VaeStreamDecoder(small_vae(version), window).push(latents);
        CHECK(CpuTableScope::operations_run() - before >= 30);
        CHECK(error_of(fused, plain) < 1e-5);

        const Tensor finished = VaeStreamDecoder(small_vae(version), window).push_pixels(latents);
        REQUIRE(finished.sizes() == pixels.sizes());
        const Tensor apart = (finished.to(torch::kInt) - pixels.to(torch::kInt)).abs();
        CHECK(apart.max().item<int>() <= 1);                                // a value between two bytes may go either way
        CHECK(apart.to(torch::kFloat).mean().item<double>() < 1e-3);
    }
    set_log_receiver(nullptr);
    CHECK(told == std::vector<std::string>{});  // no operation was refused
}

TEST_CASE("the fused noise is the noise, bit for bit") {
    const Tensor plain = latent_noise({2, 8, 3, 2, 6}, 10, 1, 7);
    const torch::NoGradGuard no_gradients;
    const CpuTableScope table;
    const std::int64_t before = CpuTableScope::operations_run();
    CHECK(latent_noise({2, 8, 3, 2, 6}, 10, 1, 7).equal(plain));
    CHECK(CpuTableScope::operations_run() == before + 2);
    CHECK(latent_noise({1, 3, 2, 1, 1}, 0, 0, 7).equal(latent_noise({1, 3, 2, 1, 1}, 0, 0, 7)));  // no multiple of 4: torch's path
}

TEST_CASE("what the table does not take goes to torch's operations") {
    const CpuTableScope table;
    const Tensor odd = golden::input("odd", {1, 3, 6}), row = golden::input("row", {1, 1, 6});  // 24 bytes a row
    const torch::NoGradGuard no_gradients;
    const std::int64_t before = CpuTableScope::operations_run();
    const Tensor out = modulated_rms_norm(odd, row, row);
    CHECK(CpuTableScope::operations_run() == before);
    CHECK(error_of(out, odd * torch::rsqrt(odd.square().mean(-1, true) + 1e-6) * (1 + row) + row) < 1e-6);
    {
        const torch::AutoGradMode gradients(true);
        const Tensor x = golden::input("x", {1, 2, 8}).requires_grad_(), m = golden::input("m", {1, 1, 8});
        modulated_rms_norm(x, m, m).sum().backward();
        CHECK(CpuTableScope::operations_run() == before);
        CHECK(x.grad().defined());
    }
}
