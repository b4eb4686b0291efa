#include "cli/engine_choice.h"

#include "core/error.h"
#include "core/files.h"
#include "engine/local_engine.h"
#include "engine/test_card/test_card_engine.h"
#ifdef MIRRORME_HAS_MEDIA
#include "media/picture.h"
#endif

namespace mirrorme::cli {
namespace {

RgbaImage picture_of(const PictureInput& input) {
#ifdef MIRRORME_HAS_MEDIA
    return input.encoded.empty() ? read_picture(input.path) : decode_picture(std::as_bytes(std::span(input.encoded)), input.path);
#else
    throw Error(ErrorCode::unsupported, input.path, "this build reads no pictures", "Build with MIRRORME_FFMPEG=ON.");
#endif
}

}  // namespace

void EngineOptions::declare(CLI::App& app) {
    app.add_option("--backend", backend, "local: the model. test-card: bar codes instead of a model, to test what is around it.")
        ->check(CLI::IsMember({"local", "test-card"}))
        ->type_name("NAME")
        ->group("");  // not in the help: for tests
    app.add_option("--compute", compute, "Numbers of the transformer and of codec vae: auto (bf16 on a GPU, f32 on the CPU), f32, bf16, or fp8 for the large linears.")
        ->check(CLI::IsMember({"auto", "f32", "bf16", "fp8"}))
        ->capture_default_str()
        ->type_name("NAME");
}

std::filesystem::path bundle_dir(const Settings& settings) {
    return settings.bundle.empty() ? default_bundle_dir() : std::filesystem::path(settings.bundle);
}

std::unique_ptr<Engine> open_engine(const EngineOptions& options, const Settings& settings) {
    if (options.backend == "test-card") return std::make_unique<TestCardEngine>();
    return LocalEngine::open({.bundle = bundle_dir(settings),
                              .read_picture = picture_of,
                              .device = settings.device,
                              .compute = compute_from_name(options.compute, "--compute"),
                              .share = settings.device_share,
                              .memory_gb = settings.device_memory,
                              .clips = options.clips});
}

}  // namespace mirrorme::cli
