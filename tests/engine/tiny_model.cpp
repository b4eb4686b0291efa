#include "tiny_model.h"

#include <cmath>
#include <random>

#include "engine/device_thread.h"

namespace mirrorme::testing {
namespace {

using torch::Tensor;

struct TinyDecodeCache : DecodeCache {
    bool started = false;
};

/// Outputs that start at zero would hide what the model is told.
void stir(torch::nn::Module& module) {
    torch::NoGradGuard no_gradients;
    for (Tensor& parameter : module.parameters()) parameter.add_(torch::randn_like(parameter) * 0.08);
}

}  // namespace

TinyCodec::TinyCodec() {
    spec_.width = 32;
    spec_.height = 48;
}

std::shared_ptr<const CodecIdentity> TinyCodec::make_identity(const ReferencePicture& picture) {
    auto identity = std::make_shared<CodecIdentity>();
    identity->latent = torch::full({1, 128, 1, 1, 6}, static_cast<float>(picture.image.pixels[0]) / 255);
    identity->points = picture.points;
    return identity;
}

std::unique_ptr<DecodeCache> TinyCodec::make_decode_cache() { return std::make_unique<TinyDecodeCache>(); }

Tensor TinyCodec::decode(const Tensor& latents, const CodecIdentity&, DecodeCache& cache, const DecodeOptions& options) {
    auto& state = static_cast<TinyDecodeCache&>(cache);
    std::vector<Tensor> frames;
    for (std::int64_t l = 0; l < latents.size(2); ++l) {
        const Tensor bytes = latents[0].select(1, l).flatten().sigmoid().mul(255).to(torch::kByte).repeat(8).view({48, 32, 4}).clone();
        if (options.background == Background::matte) bytes.select(2, 3).fill_(7);
        for (int f = state.started ? 0 : 3; f < 4; ++f) frames.push_back(bytes.roll(f, 0));
        state.started = true;
    }
    return torch::stack(frames);
}

std::shared_ptr<Model> tiny_model() {
    torch::manual_seed(11);
    auto model = std::make_shared<Model>();
    model->manifest.name = "tiny";
    model->manifest.version = "0";
    model->manifest.width = 32;
    model->manifest.height = 48;
    model->manifest.fps = {24, 1};
    model->manifest.steps = {1, 2, 4};
    model->manifest.capabilities.speaks = true;

    AudioFrontEndConfig audio;
    audio.mel.width = 16;
    audio.encoder.features = 16;
    audio.encoder.width = 16;
    model->front_end = AudioFrontEnd(audio);

    DitConfig dit = mini_dit_config();
    dit.num_layers = 2;
    dit.num_attention_heads = 2;
    dit.attention_head_dim = 12;
    dit.cross_attention_dim = dit.width();
    dit.adapter.audio_dim = 16;
    dit.pose.hidden = 16;
    dit.style.dim = 0;
    model->denoiser = DitModel(dit);
    model->sampler.steps = 4;
    stir(*model->front_end);
    stir(*model->denoiser);
    model->codec = std::make_shared<TinyCodec>();
    model->find_points = [](const RgbaImage& picture) {
        FoundPoints found;
        found.presence = 1;
        auto put = [&](int first, int count, float x, float y) {
            for (int i = first; i < first + count; ++i)
                found.points.points[static_cast<std::size_t>(i)] = {x * static_cast<float>(picture.width), y * static_cast<float>(picture.height), 1};
        };
        put(point::kRightEye, point::kEyeCount, 0.35f, 0.3f);
        put(point::kLeftEye, point::kEyeCount, 0.65f, 0.3f);
        put(point::kShoulders, 1, 0.1f, 0.8f);
        put(point::kShoulders + 1, 1, 0.9f, 0.8f);
        return found;
    };
    check_model(*model);
    return model;
}

std::unique_ptr<LocalEngine> tiny_engine(std::shared_ptr<Model> model) {
    auto reader = [](const PictureInput&) {
        RgbaImage picture(64, 96);
        std::fill(picture.pixels.begin(), picture.pixels.end(), std::uint8_t{255});
        return picture;
    };
    return std::make_unique<LocalEngine>(std::move(model), reader, std::make_shared<Worker>(prepare_device_thread));
}

std::vector<float> babble(double seconds) {
    std::vector<float> sound(static_cast<std::size_t>(seconds * 48000));
    for (std::size_t i = 0; i < sound.size(); ++i) {
        const double t = static_cast<double>(i) / 48000;
        const double syllable = std::max(0.0, std::sin(2 * M_PI * 3 * t)) * (std::fmod(t, 2.0) < 1.4 ? 1 : 0);
        sound[i] = static_cast<float>(0.3 * syllable * (std::sin(2 * M_PI * (180 + 40 * std::sin(t)) * t) + 0.5 * std::sin(2 * M_PI * 900 * t)));
    }
    return sound;
}

SessionConfig tiny_config() {
    SessionConfig config;
    config.settings.image = "grey.png";
    return config;
}

std::vector<VideoFrame> render(Session& session, std::span<const float> sound, std::size_t block) {
    using namespace std::chrono_literals;
    std::vector<VideoFrame> frames;
    std::mt19937 random(5);
    std::size_t at = 0;
    VideoFrame frame;
    while (true) {
        if (at < sound.size()) {
            const std::size_t size = std::min(block != 0 ? block : 1 + random() % 9000, sound.size() - at);
            at += static_cast<std::size_t>(session.push_audio(static_cast<SampleIndex>(at), sound.subspan(at, size)).accepted);
            if (at == sound.size()) session.end_of_audio();
        }
        const PollResult polled = session.poll_frame(frame, at < sound.size() ? 0ns : 20s);
        if (polled == PollResult::frame) frames.push_back(frame);
        else if (polled != PollResult::empty || at == sound.size()) return frames;
    }
}

bool same_pixels(const std::vector<VideoFrame>& a, const std::vector<VideoFrame>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (*a[i].pixels != *b[i].pixels || a[i].first_sample != b[i].first_sample) return false;
    return true;
}

}  // namespace mirrorme::testing
