// LTX-Video 2B at its full size, weights from a generator: written as published, imported, loaded, and a moment of 768 x 512 made of it on the CPU.
// Needs 14 GB under the folder for temporary files and 16 GB of memory; takes tens of minutes.

#include <catch2/catch_test_macros.hpp>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <vector>

#include "codec/vae/ltx_vae.h"
#include "core/platform/process.h"
#include "denoise/ltx_names.h"
#include "engine/device_thread.h"
#include "engine/local_engine.h"
#include "published/load_module.h"
#include "published/speaking_parts.h"
#include "support/temp_folder.h"

using namespace mirrorme;
using namespace mirrorme::testing;

namespace {

constexpr std::uint64_t kDiskWanted = 15'000'000'000;
constexpr int kFrames = 9, kRate = 48000;  // latents 0 and 1: one frame, and eight

class Stopwatch {
public:
    void tell(const char* what) {
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
        std::printf("%-34s %8.1f s by the clock, %8.1f s of the processor, peak memory so far %.2f GB\n", what, seconds, platform::process_cpu_seconds() - cpu_,
                    static_cast<double>(platform::peak_memory_bytes()) * 1e-9);
        std::fflush(stdout);
        start_ = std::chrono::steady_clock::now();
        cpu_ = platform::process_cpu_seconds();
    }

private:
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
    double cpu_ = platform::process_cpu_seconds();
};

/// Small values of both signs: activations stay finite through 28 blocks whatever they are.
TensorSource random_source(const std::string& name, std::vector<int64_t> shape) {
    return {name, torch::kBFloat16, shape, [shape] {
                double rows = 1;
                for (std::size_t i = 1; i < shape.size(); ++i) rows *= static_cast<double>(shape[i]);
                torch::Tensor values = torch::empty(shape, torch::kBFloat16).uniform_(-1, 1);
                return values.mul_(shape.size() > 1 ? std::sqrt(1 / rows) : 0.02);
            }};
}

/// A single file as Lightricks publishes it: transformer 2B and autoencoder 0.9.5.
void write_published(const std::filesystem::path& file) {
    const DefaultType narrow(torch::kBFloat16);
    DitConfig one = ltx_2b_config();
    one.num_layers = 1;
    const VaeConfig vae = published_vae(VaeVersion::v0_9_5);
    std::vector<TensorSource> sources;
    {
        const DitModel model(one);
        constexpr std::string_view kFirst = "transformer_blocks.0.";
        for (const auto& item : model->named_parameters()) {
            if (!is_ltx_tensor(item.key())) continue;
            const bool block = item.key().starts_with(kFirst);
            for (int i = 0; i < (block ? ltx_2b_config().num_layers : 1); ++i) {
                const std::string name = block ? "transformer_blocks." + std::to_string(i) + '.' + item.key().substr(kFirst.size()) : item.key();
                sources.push_back(random_source(single_file_name_of_transformer(name), item.value().sizes().vec()));
            }
        }
    }
    const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& item : module.named_parameters()) sources.push_back(random_source("vae." + prefix + item.key(), item.value().sizes().vec()));
    };
    add("encoder.", *VaeEncoder(vae));
    add("decoder.", *VaeDecoder(vae));
    for (const auto& [name, value] : {std::pair{"mean-of-means", 0.0}, std::pair{"std-of-means", 1.0}})
        sources.push_back({std::string("vae.per_channel_statistics.") + name, torch::kBFloat16, {128}, [value] { return torch::full({128}, value, torch::kBFloat16); }});
    write_sources(file, std::move(sources));
}

std::vector<float> tone() {
    std::vector<float> sound(kFrames * kRate / 24);
    for (std::size_t i = 0; i < sound.size(); ++i) sound[i] = static_cast<float>(0.3 * std::sin(2 * M_PI * 200 * static_cast<double>(i) / kRate));
    return sound;
}

std::vector<VideoFrame> frames_of(Session& session, std::span<const float> sound) {
    std::vector<VideoFrame> frames;
    std::size_t at = 0;
    for (VideoFrame frame;;) {
        at += static_cast<std::size_t>(session.push_audio(static_cast<SampleIndex>(at), sound.subspan(at)).accepted);
        if (at == sound.size()) session.end_of_audio();
        const PollResult polled = session.poll_frame(frame, std::chrono::seconds(1));
        if (polled == PollResult::frame) frames.push_back(frame);
        else if (polled != PollResult::empty) return frames;
    }
}

}  // namespace

TEST_CASE("a full-size file is imported, loaded, denoised and decoded on the CPU within 24 GiB", "[full]") {
    const TempFolder folder;
    if (std::filesystem::space(folder.path()).available < kDiskWanted) SKIP("there is not enough room for temporary files");
    torch::manual_seed(1);
    Stopwatch watch;
    write_published(folder / "model.safetensors");
    watch.tell("writing a file of random weights");
    const std::uint64_t bytes = std::filesystem::file_size(folder / "model.safetensors");
    {
        const ImportRequest request;
        BundleDraft draft = start_draft(request, "full");
        import_sources().front().add(folder / "model.safetensors", request, draft);
        add_speaking_parts(request, draft);
        write_draft(folder / "bundle", draft, {});
    }
    watch.tell("importing it");
    CHECK(platform::peak_memory_bytes() < bytes * 13 / 10);
    std::filesystem::remove(folder / "model.safetensors");

    const std::shared_ptr<const Model> loaded = load_model(folder / "bundle", torch::kCPU);
    watch.tell("loading the bundle");
    auto reader = [](const PictureInput&) {
        RgbaImage picture(768, 512);
        for (std::size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = i % 4 == 3 ? 255 : static_cast<std::uint8_t>(i / 4 * 37 % 251);
        return picture;
    };
    LocalEngine engine(loaded, reader, std::make_shared<Worker>(prepare_device_thread));
    SessionConfig config;
    config.settings.image = "pattern.png";
    config.settings.steps = 2;
    const auto session = engine.open_session(config);
    watch.tell("encoding the picture, its tokens");
    const std::vector<VideoFrame> frames = frames_of(*session, tone());
    watch.tell("9 frames of 768 x 512, 2 steps");
    for (const StageTiming& stage : session->status().stages)
        std::printf("  %-10s %2lld times, median %8.1f s, longest %8.1f s\n", stage.stage.c_str(), static_cast<long long>(stage.count), static_cast<double>(stage.p50_ns) * 1e-9,
                    static_cast<double>(stage.max_ns) * 1e-9);
    REQUIRE(frames.size() == kFrames);
    CHECK(frames[0].width == 768);
    CHECK(*frames[8].pixels != *frames[0].pixels);
    CHECK(session->status().last_error.empty());
    CHECK(platform::peak_memory_bytes() < (std::uint64_t{24} << 30));
}
