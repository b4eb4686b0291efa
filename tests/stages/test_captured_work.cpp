// Work that a device records as graphs, held on the CPU to what recording demands, and against the same stream run as it is.

#include <catch2/catch_test_macros.hpp>
#include <stdexcept>

#include "codec/vae/vae_causal_stream.h"
#include "denoise/denoiser.h"
#include "ops/tensor_table.h"
#include "support/dit_small.h"
#include "support/work_check.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

DitConfig stream_config(StreamHistory history) {
    DitConfig config = small_config();
    config.context.chunk = 2;
    config.context.window = 3;
    config.context.history = history;
    return config;
}

struct Variant {
    StreamHistory history = StreamHistory::clean;
    SamplerKind kind = SamplerKind::euler;
    bool styled = true, masked = true;
};

/// Chunks of 2, a short one, another start, other numbers of steps: everything a stream may do.
std::vector<Tensor> eventful_stream(const DitModel& model, const Variant& variant) {
    SamplerConfig sampler{.kind = variant.kind, .steps = 3};
    Denoiser denoiser(model, sampler);
    Conditioning all = small_conditioning(model->config(), 1, 12);
    if (!variant.styled) all.style = Tensor();
    if (!variant.masked) all.face_mask = Tensor();
    StreamSetup setup;
    setup.identity = all.identity;
    setup.used = torch::ones({1, model->config().in_channels, 1, 1, model->config().part_tokens}, torch::kBool);
    setup.used[0][1][0][0][2] = false;
    const auto cache = denoiser.start(setup);
    std::vector<Tensor> made;
    const auto make = [&](int64_t first, int64_t end) { made.push_back(denoiser.run({first, end}, part_of(all, first, end - first), *cache, 5)); };
    for (int64_t i = 0; i < 12; i += 2) make(i, i + 2);
    cache->restart(FirstLatent::moving);
    for (int64_t i = 0; i < 8; i += 2) {
        if (i == 6 && variant.history == StreamHistory::clean) denoiser.set_sampler({.kind = variant.kind, .steps = 2});
        make(i, i + 2);
    }
    make(8, 9);
    return made;
}

void check_same(const std::vector<Tensor>& a, const std::vector<Tensor>& b, double tolerance) {
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        CAPTURE(i);
        CHECK(largest_difference(a[i], b[i]) <= tolerance * a[i].abs().max().item<double>());
    }
}

}  // namespace

TEST_CASE("a stream's steps can be recorded, and replayed they make the same stream") {
    for (const Variant& variant : {Variant{}, Variant{.kind = SamplerKind::stochastic, .masked = false}, Variant{.history = StreamHistory::step_matched, .styled = false}}) {
        const DitModel model = trained_model(stream_config(variant.history));
        const std::vector<Tensor> plain = eventful_stream(model, variant);
        {
            WorkCheck check;
            check_same(plain, eventful_stream(model, variant), 1e-6);
            CHECK(check.problems() == "");
            // Levels of context: none, 2, 3 and the anchor; with each the short chunk's own. Twice as many where the last call is another.
            CHECK(check.recorded() <= 2 * 6);
            CHECK(check.replayed() > check.recorded());
        }
        const CpuTableScope table;
        WorkCheck check;
        check_same(plain, eventful_stream(model, variant), 1e-5);
        CHECK(check.problems() == "");
        CHECK(check.replayed() > check.recorded());
    }
}

TEST_CASE("a decoder's windows can be recorded, and replayed they give the same frames") {
    const torch::InferenceMode no_gradients;
    for (const VaeVersion version : {VaeVersion::v0_9_1, VaeVersion::v0_9_5}) {
        LtxVae vae(published_vae(version, 4, 16));
        golden::fill(*vae);
        const Tensor latents = golden::input("latents", {1, 16, 6, 2, 2});
        const auto decoded = [&] {
            VaeStreamDecoder stream(vae, {.context_back = 2, .noise_scale = 0.025});
            std::vector<Tensor> parts;
            for (int64_t i = 0; i < 6; ++i) parts.push_back(stream.push_pixels(latents.narrow(2, i, 1)));
            return torch::cat(parts, 0);
        };
        const Tensor plain = decoded();
        WorkCheck check;
        CHECK(decoded().equal(plain));
        CHECK(check.problems() == "");
        CHECK(check.recorded() == 1);  // the windows before the last length come once
        CHECK(check.replayed() == 2);
    }
}

TEST_CASE("the check sees what cannot be recorded") {
    const Tensor x = torch::ones({3}), y = torch::zeros({3});
    CapturedWork work("trial", torch::kCPU);
    const auto problems = [&](auto&& first, auto&& second) {
        WorkCheck check;
        work.run({1}, first);
        work.run({1}, second);
        return check.problems();
    };
    const auto fine = [=] { Tensor(y).copy_(x * 2); };
    CHECK(problems(fine, fine) == "");
    CHECK(problems([=] { Tensor(y).copy_(x * x.sum().item<float>()); }, fine).find("cannot be recorded") != std::string::npos);
    Tensor moving = torch::ones({3});
    CHECK(problems([&] { Tensor(y).copy_(moving), moving = torch::ones({3}); }, fine).find("differs") != std::string::npos);
    double number = 1;
    CHECK(problems([&] { Tensor(y).copy_(x * number++); }, fine).find("differs") != std::string::npos);

    // A replay is the first run's work: another's is not looked at.
    WorkCheck check;
    work.run({2}, fine);
    work.run({2}, [=] { Tensor(y).fill_(9); });
    CHECK(y.equal(torch::full({3}, 2.0f)));
}

namespace {

/// A device without a device: graphs that call their work.
class PretendRuntime : public DeviceRuntime {
public:
    struct Graph : DeviceGraph {
        explicit Graph(std::function<void()> given) : work(std::move(given)) {}
        void replay() override { work(); }
        std::function<void()> work;
    };
    const kernels::TensorOperations& operations() const noexcept override { return kernels::cpu_tensor_operations(); }
    kernels::Stream current_stream(torch::Device) const override { return {}; }
    void take_queue(torch::Device) override {}
    std::unique_ptr<DeviceGraph> capture(torch::Device, const DeviceGraph* beside, const std::function<void()>& work) override {
        if (refuses) throw std::runtime_error("operation not permitted when stream is capturing");
        besides.push_back(beside);
        return std::make_unique<Graph>(work);
    }
    std::unique_ptr<DeviceEvent> event(torch::Device) override { return nullptr; }
    int compute_capability(torch::Device) const override { return 90; }
    Memory memory(torch::Device) const override { return {}; }
    void limit_memory(torch::Device, std::int64_t) override {}

    bool refuses = false;
    std::vector<const DeviceGraph*> besides;
};

struct Installed {
    explicit Installed(DeviceRuntime* runtime) { install_runtime(runtime); }
    ~Installed() { install_runtime(nullptr); }
};

}  // namespace

TEST_CASE("a key's first runs are as they are, then it is recorded once") {
    PretendRuntime runtime;
    const Installed installed(&runtime);
    CapturedWork work("trial", torch::Device(torch::kCUDA, 0));
    int calls = 0;
    for (int i = 0; i < 20; ++i) work.run({1}, [&] { ++calls; });
    for (int i = 0; i < 20; ++i) work.run({2}, [&] { ++calls; });
    CHECK(calls == 40);
    CHECK(work.counts().recorded == 2);
    CHECK(work.counts().replayed + work.counts().as_is == 40);
    REQUIRE(runtime.besides.size() == 2);
    CHECK(runtime.besides[0] == nullptr);
    CHECK(runtime.besides[1] != nullptr);

    CapturedWork::enable(false);
    CapturedWork plain("trial", torch::Device(torch::kCUDA, 0));
    for (int i = 0; i < 20; ++i) plain.run({1}, [&] { ++calls; });
    CapturedWork::enable(true);
    CHECK(plain.counts().recorded == 0);
    CHECK(calls == 60);
}

TEST_CASE("what cannot be recorded goes on without a graph") {
    PretendRuntime runtime;
    runtime.refuses = true;
    const Installed installed(&runtime);
    CapturedWork work("trial", torch::Device(torch::kCUDA, 0));
    int calls = 0;
    for (int i = 0; i < 20; ++i) work.run({1}, [&] { ++calls; });
    CHECK(calls == 20);
    CHECK(work.counts().recorded == 0);
}

TEST_CASE("in warm-up a key is recorded with its second run, outside after several") {
    PretendRuntime runtime;
    const Installed installed(&runtime);
    CapturedWork work("trial", torch::Device(torch::kCUDA, 0));
    int calls = 0;
    {
        const WarmUpScope warming;
        for (int i = 0; i < 4; ++i) work.run({1}, [&] { ++calls; });
    }
    CHECK(calls == 4);
    CHECK(work.counts().recorded == 1);
    CHECK(work.counts().as_is == 1);
    CHECK(work.counts().replayed == 3);
    for (int i = 0; i < 4; ++i) work.run({2}, [&] { ++calls; });
    CHECK(work.counts().recorded == 1);
    work.run({1}, [&] { ++calls; });
    CHECK(work.counts().replayed == 4);
    CHECK(runtime.besides.size() == 1);
}

TEST_CASE("a stream that has begun twice records nothing when it begins again") {
    const torch::InferenceMode no_gradients;
    const DitConfig config = small_config();
    Denoiser denoiser(trained_model(config), {.kind = SamplerKind::stochastic, .steps = 2});
    const Conditioning all = small_conditioning(config, 1, 6);
    StreamSetup setup;
    setup.identity = all.identity;
    const auto cache = denoiser.start(setup);
    LtxVae vae(published_vae(VaeVersion::v0_9_5, 4, 16));
    golden::fill(*vae);
    VaeConfig causal_config = published_vae(VaeVersion::v0_9_5, 4, 16);
    causal_config.causal_decoder = true;
    LtxVae causal_vae(causal_config);
    golden::fill(*causal_vae);
    VaeStreamDecoder windowed(vae, {.context_back = 2});
    VaeCausalDecoder causal(causal_vae, {});

    WorkCheck check;
    std::vector<Tensor> first;
    int recorded = 0;
    for (int pass = 0; pass < 4; ++pass) {  // what is passed through: 6 levels of the context and of the windows
        cache->restart(setup.start);
        windowed.restart();
        causal.restart();
        std::vector<Tensor> made;
        for (int64_t i = 0; i < 6; ++i) {
            made.push_back(denoiser.run({i, i + 1}, part_of(all, i, 1), *cache, 7));
            const Tensor latent = golden::input("latents", {1, 16, 6, 1, 1}).slice(2, i, i + 1);
            made.push_back(windowed.push_pixels(latent));
            made.push_back(causal.push_pixels(latent));
        }
        if (pass == 0) first = made;
        for (std::size_t i = 0; i < made.size(); ++i) CHECK(made[i].equal(first[i]));
        if (pass < 3) recorded = check.recorded();
    }
    CHECK(check.recorded() == recorded);
    CHECK(recorded >= 2 * 3 + 3 + 1);  // steps and looks at three fill levels at least, windows, the causal decode
    CHECK(check.problems() == "");
}
