#include "cli/decode_bench.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numbers>
#include <optional>
#include <string>
#include <vector>

#include "codec/vae/decode_context.h"
#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "core/files.h"
#include "core/json_fields.h"
#include "core/progress.h"
#include "media/picture.h"
#include "media/video_reader.h"
#include "ops/device.h"
#include "published/load_module.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

using torch::Tensor;

/// RGBA over grey, scaled to cover width x height, cut at the middle: [1, 3, H, W] in -1..1.
Tensor covering(const RgbaImage& image, int64_t width, int64_t height) {
    const Tensor bytes = torch::from_blob(const_cast<std::uint8_t*>(image.pixels.data()), {1, image.height, image.width, 4}, torch::kByte);
    const Tensor rgba = bytes.permute({0, 3, 1, 2}).to(torch::kFloat).div(255), alpha = rgba.slice(1, 3, 4);
    const Tensor rgb = (rgba.slice(1, 0, 3) * alpha + 0.5 * (1 - alpha)) * 2 - 1;
    const double scale = std::max(static_cast<double>(width) / image.width, static_cast<double>(height) / image.height);
    const int64_t w = std::max<int64_t>(width, std::llround(image.width * scale)), h = std::max<int64_t>(height, std::llround(image.height * scale));
    const Tensor scaled = torch::_upsample_bilinear2d_aa(rgb, {h, w}, /*align_corners=*/false);
    return scaled.slice(2, (h - height) / 2, (h - height) / 2 + height).slice(3, (w - width) / 2, (w - width) / 2 + width).clamp(-1, 1);
}

/// The picture as a hand-held camera would show it: to and fro, a little nearer and further.
Tensor moved(const Tensor& picture, int64_t frame) {
    const auto swing = [frame](double frames) { return std::sin(2 * std::numbers::pi * static_cast<double>(frame) / frames); };
    const double zoom = 0.9 + 0.06 * swing(97), x = 0.06 * swing(61), y = 0.05 * swing(43);
    const Tensor theta = torch::tensor({zoom, 0.0, x, 0.0, zoom, y}, torch::kFloat).view({1, 2, 3});
    constexpr int64_t kBilinear = 0, kBorder = 1;
    return torch::grid_sampler(picture, torch::affine_grid_generator(theta, picture.sizes(), false), kBilinear, kBorder, false);
}

fs::path first_avatar() {
    std::vector<fs::path> pictures;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(find_data_dir() / "avatars", ignored))
        if (entry.path().extension() == ".png") pictures.push_back(entry.path());
    if (pictures.empty()) throw Error(ErrorCode::not_found, (find_data_dir() / "avatars").string(), "holds no picture", "Name one with --image, or a video with --clip.");
    return *std::min_element(pictures.begin(), pictures.end());
}

class DecodeBench final : public Subcommand {
public:
    explicit DecodeBench(CLI::App& bench)
        : Subcommand(bench.add_subcommand("decode", "Measure what an autoencoder's decode by windows loses against a decode of the whole clip.")) {
        app_->footer(
            "A stream is decoded by windows: latents shown before (back), the new one, and latents still to come (forward), each of which delays every picture.\n"
            "PSNR is against a decode of all latents at once, of pictures away from the clip's ends; 'seams' is that of the change from one window to the next.\n"
            "Examples:\n"
            "  mirrorme bench decode --bundle ltx --clip me.mp4\n"
            "  mirrorme bench decode --bundle ltx --back 2,4,6 --forward 0,1 --fade 8 --width 256 --height 256 --json");
        app_->add_option("--bundle", bundle_, "A bundle with codec vae.")->required()->type_name("DIR");
        const auto clip = app_->add_option("--clip", clip_, "Video whose first frames are encoded and decoded.")->type_name("FILE");
        app_->add_option("--image", image_, "Picture that is moved to and fro instead (default: one of the program's).")->excludes(clip)->type_name("FILE");
        app_->add_option("--latents", latents_, "Length of the clip.")->check(CLI::Range(3, 100000))->capture_default_str()->type_name("N");
        app_->add_option("--back", back_, "Latents a window decodes again.")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(1, 64))->capture_default_str()->type_name("N,...");
        app_->add_option("--forward", forward_, "Latents of the future a window sees.")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(0, 64))->capture_default_str()->type_name("N,...");
        app_->add_option("--fade", fade_, "Frames of cross-fade, where there is a future.")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(0, 512))->capture_default_str()->type_name("N,...");
        app_->add_option("--width", width_, "Pixels of a frame (default: the bundle's).")->check(CLI::Range(1, 4096))->type_name("N");
        app_->add_option("--height", height_, "Pixels of a frame (default: the bundle's).")->check(CLI::Range(1, 4096))->type_name("N");
        app_->add_option("--device", device_, "cpu, cuda or cuda:N.")->capture_default_str()->type_name("NAME");
        app_->add_option("--dtype", type_, "What it is computed in.")->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str()->type_name("NAME");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        const torch::InferenceMode no_gradients;
        const auto bundle = Bundle::open(bundle_);
        const std::string section = bundle->config_subject("codec"), kind = JsonObject(bundle->config("codec"), section).text("kind");
        if (kind != "vae")
            throw Error(ErrorCode::unsupported, section + ".kind", "is '" + kind + "', whose frames need no other latents than their own",
                        "Give a bundle with codec vae: 'mirrorme import --ltx' makes one.");
        VaeCodecConfig config = vae_codec_config_from_json(bundle->config("codec"));
        config.width = size_or(width_, config.width, config.vae.spatial_stride(), "--width");
        config.height = size_or(height_, config.height, config.vae.spatial_stride(), "--height");
        const std::vector<VaeWindow> windows = windows_of(config);
        if (latents_ < fewest_latents(windows))
            throw Error(ErrorCode::usage, "--latents", std::to_string(latents_) + " are too few for these windows", "Give at least " + std::to_string(fewest_latents(windows)) + '.');

        const ForwardOptions options{.device = open_device(device_), .type = type_ == "bf16" ? torch::kBFloat16 : torch::kFloat};
        LtxVae vae = load_module<LtxVae>(*bundle, "codec.vae.", options, {}, config.vae);
        const Tensor latents = encoded_clip(vae, config, options);
        Progress progress({.label = "decoding", .unit = "windows", .total = static_cast<double>(windows.size())});
        const auto scores = measure_decode_context(vae, latents, windows, [&](std::size_t done) { progress.update(static_cast<double>(done)); });
        progress.finish(static_cast<double>(windows.size()));
        if (json_) print_json(config, scores);
        else print_table(config, scores);
        return exit_code(ErrorCode::none);
    }

private:
    static int size_or(int wanted, int otherwise, int stride, const char* option) {
        if (wanted == 0) return otherwise;
        if (wanted % stride != 0) throw Error(ErrorCode::usage, option, std::to_string(wanted) + " is no multiple of " + std::to_string(stride), "The autoencoder works in cells of that size.");
        return wanted;
    }

    /// Every combination that can be: without a future there is nothing to fade from.
    std::vector<VaeWindow> windows_of(const VaeCodecConfig& config) const {
        std::vector<VaeWindow> windows;
        for (const int forward : forward_)
            for (const int back : back_) {
                std::vector<int> fades;
                for (const int fade : fade_) fades.push_back(std::min(fade, config.vae.temporal_stride() * forward));
                fades.erase(std::unique(fades.begin(), fades.end()), fades.end());
                for (const int fade : fades) {
                    VaeWindow window = config.window;
                    window.context_back = back, window.context_forward = forward, window.cross_fade = fade;
                    windows.push_back(window);
                }
            }
        return windows;
    }

    /// [1, C, latents, h, w], normalised. The clip is read and encoded a latent at a time.
    Tensor encoded_clip(LtxVae& vae, const VaeCodecConfig& config, const ForwardOptions& options) const {
        const int64_t r = config.vae.temporal_stride(), frames = 1 + r * (latents_ - 1);
        std::optional<VideoReader> reader;
        if (!clip_.empty()) reader.emplace(MediaSource{.path = clip_});
        const Tensor still = reader ? Tensor() : covering(read_picture(image_.empty() ? first_avatar() : fs::path(image_)), config.width, config.height);
        const auto frame_at = [&](int64_t frame) {
            if (!reader) return moved(still, frame);
            TimedPicture picture;
            if (!reader->read(picture))
                throw Error(ErrorCode::usage, clip_, "has " + std::to_string(frame) + " frames, " + std::to_string(frames) + " are wanted", "Give a longer video or fewer --latents.");
            return covering(picture.image, config.width, config.height);
        };
        VaeStreamEncoder encoder(vae);
        std::vector<Tensor> latents, waiting;
        for (int64_t frame = 0; frame < frames; ++frame) {
            waiting.push_back(frame_at(frame));
            if (frame % r != 0) continue;
            latents.push_back(encoder.push(torch::stack(waiting, 2).to(options.device, options.type)));
            waiting.clear();
        }
        return torch::cat(latents, 2);
    }

    void print_table(const VaeCodecConfig& config, const std::vector<DecodeContextScore>& scores) const {
        std::printf("%s on %s in %s, %d x %d, %lld latents\n\n", bundle_.string().c_str(), device_.c_str(), type_.c_str(), config.width, config.height, static_cast<long long>(latents_));
        std::printf("%5s %8s %5s %10s %10s %10s %11s %13s\n", "back", "forward", "fade", "PSNR dB", "worst dB", "seams dB", "ms/window", "delay frames");
        for (const DecodeContextScore& s : scores)
            std::printf("%5d %8d %5d %10.2f %10.2f %10.2f %11.1f %13.0f\n", s.window.context_back, s.window.context_forward, s.window.cross_fade, s.psnr_db, s.worst_db, s.seam_db, 1e3 * s.seconds,
                        s.delay_frames);
    }

    void print_json(const VaeCodecConfig& config, const std::vector<DecodeContextScore>& scores) const {
        nlohmann::ordered_json rows = nlohmann::ordered_json::array();
        for (const DecodeContextScore& s : scores)
            rows.push_back({{"back", s.window.context_back}, {"forward", s.window.context_forward}, {"fade", s.window.cross_fade}, {"psnr_db", s.psnr_db}, {"worst_db", s.worst_db},
                            {"seam_db", s.seam_db}, {"ms_a_window", 1e3 * s.seconds}, {"delay_frames", s.delay_frames}});
        const nlohmann::ordered_json report{{"bundle", bundle_.string()}, {"device", device_}, {"dtype", type_}, {"width", config.width}, {"height", config.height}, {"latents", latents_}, {"windows", rows}};
        std::printf("%s\n", report.dump(2).c_str());
    }

    fs::path bundle_;
    std::string clip_, image_, device_ = "cpu", type_ = "f32";
    int64_t latents_ = 33;
    std::vector<int> back_{1, 2, 3, 4, 6, 8}, forward_{0, 1, 2}, fade_{4};
    int width_ = 0, height_ = 0;
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_decode_bench(CLI::App& bench) { return std::make_unique<DecodeBench>(bench); }

}  // namespace mirrorme::cli
