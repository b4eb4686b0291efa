// A bundle with codec `vae` in float32, bfloat16 and with e4m3 linears, windowed and causal.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <cmath>

#include "codec/vae/vae_codec.h"
#include "core/files.h"
#include "support/temp_folder.h"
#include "tiny_model.h"
#include "weights/bundle.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Equals;
namespace fs = std::filesystem;

namespace {

constexpr int kWidth = 64, kHeight = 96;

/// Random weights; `change` may spoil the manifest first.
template <class Change>
void write_bundle(const fs::path& directory, bool causal, Change change) {
    const auto model = tiny_model();
    torch::manual_seed(3);
    AudioFrontEndConfig audio = model->front_end->config();
    audio.encoder.temporal = 8;
    const AudioFrontEnd front_end(audio);
    DitConfig dit = model->denoiser->config();
    dit.num_layers = 4;
    dit.attention_head_dim = 32;
    dit.cross_attention_dim = dit.width();
    dit.in_channels = dit.out_channels = 16;
    dit.part_tokens = 0;
    dit.pose.kind = PoseKind::none;
    dit.grid.temporal = 8;
    dit.grid.spatial_stride = 32;
    const DitModel denoiser(dit);
    VaeCodecConfig codec_config{.vae = published_vae(VaeVersion::v0_9_5, 8, 16), .window = {}, .width = kWidth, .height = kHeight};
    codec_config.vae.causal_decoder = causal;
    const VaeCodec codec(codec_config);

    BundleManifest manifest = model->manifest;
    manifest.licence = "none";
    manifest.width = kWidth, manifest.height = kHeight;
    manifest.chunk_latents = dit.context.chunk;
    manifest.config = {{"audio", to_json(audio)}, {"denoiser", to_json(dit)}, {"sampler", to_json(model->sampler)}, {"codec", to_json(codec_config)}};
    BundlePart part;
    for (auto& tensors : {tensors_of(*front_end, "audio."), tensors_of(*denoiser, "denoiser."), tensors_of(codec, "codec.")})
        part.tensors.insert(part.tensors.end(), tensors.begin(), tensors.end());
    change(manifest);
    save_bundle(directory, manifest, {part});
}

RgbaImage gradient(const PictureInput&) {
    RgbaImage picture(120, 160);
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            std::uint8_t* p = picture.at(x, y);
            p[0] = static_cast<std::uint8_t>(x * 2), p[1] = static_cast<std::uint8_t>(y), p[2] = 128, p[3] = 255;
        }
    return picture;
}

std::vector<VideoFrame> rendered(const fs::path& bundle, Compute compute) {
    const auto engine = LocalEngine::open({.bundle = bundle, .read_picture = gradient, .compute = compute});
    const auto session = engine->open_session(tiny_config());
    return render(*session, babble(0.8), 4800);
}

/// Mean distance of bytes.
double distance(const std::vector<VideoFrame>& a, const std::vector<VideoFrame>& b) {
    REQUIRE(a.size() == b.size());
    double sum = 0, count = 0;
    for (std::size_t f = 0; f < a.size(); ++f)
        for (std::size_t i = 0; i < a[f].pixels->size(); ++i) sum += std::abs(int{(*a[f].pixels)[i]} - int{(*b[f].pixels)[i]}), ++count;
    return sum / count;
}

std::string refusal(const fs::path& bundle) {
    try {
        rendered(bundle, Compute::automatic);
    } catch (const Error& e) {
        return e.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a bundle is computed in float32, in bfloat16 and with e4m3 linears, as asked or as it says", "[engine][compute]") {
    const TempFolder folder;
    for (const bool causal : {false, true}) {
        const fs::path plain = folder / (causal ? "causal" : "windowed");
        write_bundle(plain, causal, [](BundleManifest&) {});
        const auto exact = rendered(plain, Compute::f32), brain = rendered(plain, Compute::bf16), bytes = rendered(plain, Compute::fp8);
        REQUIRE(exact.size() == 20);
        CHECK(same_pixels(rendered(plain, Compute::automatic), exact));
        for (const auto& rough : {brain, bytes}) {
            CHECK_FALSE(same_pixels(rough, exact));
            CHECK(distance(rough, exact) < 4);
        }
        CHECK_FALSE(same_pixels(brain, bytes));
        if (!causal) continue;
        const fs::path says = folder / "says";
        write_bundle(says, causal, [](BundleManifest& m) { m.config["compute"] = {{"type", "fp8"}}; });
        CHECK(same_pixels(rendered(says, Compute::automatic), bytes));
        CHECK(same_pixels(rendered(says, Compute::f32), exact));
    }
}

TEST_CASE("left to itself, the engine computes where it can", "[engine][compute]") {
    const TempFolder folder;
    write_bundle(folder / "bundle", false, [](BundleManifest&) {});
    const auto device_of = [&](const char* name) { return LocalEngine::open({.bundle = folder / "bundle", .read_picture = gradient, .device = name, .memory_gb = 1})->info().device; };
    CHECK(device_of("cpu") == "cpu");
    CHECK_THAT(device_of("auto"), Equals(torch::cuda::is_available() ? "cuda" : "cpu"));
    CHECK(LocalEngine::open({.bundle = default_bundle_dir(), .read_picture = gradient, .device = "auto"})->info().device == "cpu");  // draws in host memory
}

TEST_CASE("numbers that are none are refused by file and field", "[engine][compute]") {
    const TempFolder folder;
    write_bundle(folder / "bundle", false, [](BundleManifest& m) { m.config["compute"] = {{"type", "fp4"}}; });
    CHECK_THAT(refusal(folder / "bundle"), ContainsSubstring("bundle.json") && ContainsSubstring("compute.type") && ContainsSubstring("fp4") && ContainsSubstring("auto, f32, bf16 or fp8"));
    CHECK_THROWS_AS(compute_from_name("double", "--compute"), Error);
}
