// The whole chain from a bundle on disk, with codec `motion`, untrained.
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>

#include "codec/motion/motion_codec.h"
#include "tiny_model.h"
#include "weights/bundle.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// tiny_model()'s modules with codec `motion`, as a bundle; `change` may spoil it first.
template <class Change>
fs::path write_bundle(const char* name, Change change) {
    const auto model = tiny_model();
    torch::manual_seed(3);
    MotionCodecConfig codec_config;
    MotionCodec codec(codec_config);
    BundleManifest manifest = model->manifest;
    manifest.licence = "none";
    manifest.width = codec_config.width;
    manifest.height = codec_config.height;
    manifest.config = {{"audio", to_json(model->front_end->config())},
                       {"denoiser", to_json(model->denoiser->config())},
                       {"sampler", to_json(model->sampler)},
                       {"codec", to_json(codec_config)}};
    BundlePart part;
    for (auto& tensors : {tensors_of(*model->front_end, "audio."), tensors_of(*model->denoiser, "denoiser."), tensors_of(codec, "codec.")})
        part.tensors.insert(part.tensors.end(), tensors.begin(), tensors.end());
    change(manifest, part);
    const fs::path directory = fs::temp_directory_path() / name;
    save_bundle(directory, manifest, {part});
    return directory;
}

RgbaImage gradient(const PictureInput&) {
    RgbaImage picture(300, 400);
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x) {
            std::uint8_t* p = picture.at(x, y);
            p[0] = static_cast<std::uint8_t>(x * 255 / 300), p[1] = static_cast<std::uint8_t>(y * 255 / 400), p[2] = 128, p[3] = 255;
        }
    return picture;
}

std::string refusal(const fs::path& directory) {
    try {
        LocalEngine::open({directory, gradient, "cpu"});
    } catch (const Error& e) {
        return e.what();
    }
    return "accepted";
}

}  // namespace

TEST_CASE("a bundle on disk renders, and block sizes do not matter", "[engine][bundle]") {
    const fs::path directory = write_bundle("mirrorme_test_bundle", [](BundleManifest&, BundlePart&) {});
    const auto engine = LocalEngine::open({directory, gradient, "cpu"});
    CHECK(engine->info().width == 256);
    const auto sound = babble(0.6);
    std::vector<VideoFrame> first;
    for (const std::size_t block : {std::size_t{480}, std::size_t{0}, sound.size()}) {
        const auto session = engine->open_session(tiny_config());
        const auto frames = render(*session, sound, block);
        REQUIRE(frames.size() == 15);
        REQUIRE(well_formed(frames[0]));
        CHECK(frames[0].width == 256);
        CHECK(frames[0].height == 384);
        if (first.empty()) first = frames;
        CHECK(same_pixels(frames, first));
        const StatusSnapshot status = session->status();
        CHECK(status.phase == SessionPhase::finished);
        CHECK(status.stages.size() >= 4);
        CHECK_FALSE(status.memory.graphics);  // of this process on this machine
        CHECK(status.memory.held_bytes > std::int64_t{50} << 20);
        CHECK(status.memory.held_bytes < status.memory.total_bytes);
        CHECK(status.memory.free_bytes < status.memory.total_bytes);
        CHECK(session->reference_still().pixels->size() == 256u * 384 * 4);
    }
    fs::remove_all(directory);
}

TEST_CASE("a bundle that does not fit is refused by file and field", "[engine][bundle]") {
    fs::path directory = write_bundle("mirrorme_test_bundle_missing", [](BundleManifest&, BundlePart& part) {
        std::erase_if(part.tensors, [](const NamedTensor& t) { return t.name == "denoiser.proj_out.bias"; });
    });
    CHECK_THAT(refusal(directory), ContainsSubstring("denoiser.proj_out.bias"));
    fs::remove_all(directory);

    directory = write_bundle("mirrorme_test_bundle_kind", [](BundleManifest& manifest, BundlePart&) { manifest.config["codec"]["kind"] = "jpeg"; });
    CHECK_THAT(refusal(directory), ContainsSubstring("jpeg"));
    fs::remove_all(directory);

    directory = write_bundle("mirrorme_test_bundle_section", [](BundleManifest& manifest, BundlePart&) { manifest.config.erase("sampler"); });
    CHECK_THAT(refusal(directory), ContainsSubstring("sampler"));
    fs::remove_all(directory);

    directory = write_bundle("mirrorme_test_bundle_fps", [](BundleManifest& manifest, BundlePart&) { manifest.fps = {25, 1}; });
    CHECK_THAT(refusal(directory), ContainsSubstring("fps"));
    fs::remove_all(directory);
}

TEST_CASE("an untrained bundle says that it does not speak", "[engine][bundle]") {
    const fs::path directory = write_bundle("mirrorme_test_bundle_silent", [](BundleManifest& manifest, BundlePart&) { manifest.capabilities = {}; });
    const auto engine = LocalEngine::open({directory, gradient, "cpu"});
    const auto session = engine->open_session(tiny_config());
    REQUIRE(!session->info().warnings.empty());
    CHECK_THAT(session->info().warnings.front().text, ContainsSubstring("not trained to speak"));
    fs::remove_all(directory);
}
