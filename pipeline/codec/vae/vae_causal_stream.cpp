#include "codec/vae/vae_causal_stream.h"

#include <vector>

#include "ops/memory_format.h"

namespace mirrorme {

using torch::Tensor;

/// What one decode uses and remembers (Note [What may stand in captured work]).
struct VaeCausalDecoder::Stream {
    VaeDecodeCall call;
    VaeStreamCache cache;

    Tensor operator()(const Tensor& latent, Form form) {
        const Tensor patches = call.patches(latent, &cache);
        return form == Form::video ? unpatchify(patches, call.vae->config().patch) : call.pixels(patches);
    }
};

VaeCausalDecoder::VaeCausalDecoder(LtxVae vae, const VaeWindow& window)
    : window_(window),
      stream_(std::make_shared<Stream>(Stream{.call = {.vae = vae, .window = window}, .cache = {}})),
      work_("the causal decode", vae->parameters().front().device()) {
    TORCH_CHECK(vae->config().causal_decoder, "this autoencoder's decoder looks ahead: it is decoded by windows");
    TORCH_CHECK(window.noise_scale >= 0 && window.noise_scale < 1, "noise_scale is a share below 1");
    if (runtime_for(vae->parameters().front().device()) != nullptr) to_channels_last(*vae->decoder);
}

Tensor VaeCausalDecoder::push(const Tensor& latents) { return decode(latents, Form::video, 2); }
Tensor VaeCausalDecoder::push_pixels(const Tensor& latents) { return decode(latents, Form::pixels, 0); }

void VaeCausalDecoder::restart() {
    stream_->cache.restart();
    pushed_ = 0;
}

Tensor VaeCausalDecoder::decode(const Tensor& latents, Form form, int64_t frames_axis) {
    const Tensor noisy = with_decode_noise(latents, pushed_, window_);
    std::vector<Tensor> shown;
    for (int64_t i = 0; i < latents.size(2); ++i, ++pushed_) {
        const Tensor latent = noisy.slice(2, i, i + 1);
        // The first latent gives what is remembered its memory, and another number of frames.
        if (pushed_ == 0 || !CapturedWork::wanted(latent.device())) {
            shown.push_back((*stream_)(latent, form));
            continue;
        }
        if (!in_.defined()) in_ = torch::empty(latent.sizes(), latent.options());
        in_.copy_(latent);
        const int64_t r = stream_->call.vae->config().temporal_stride(), side = stream_->call.vae->config().spatial_stride();
        const int64_t height = side * latent.size(3), width = side * latent.size(4);
        const bool pixels = form == Form::pixels;
        const std::vector<int64_t> size = pixels ? std::vector<int64_t>{r, height, width, 4} : std::vector<int64_t>{1, 3, r, height, width};
        if (!out_.defined() || out_.sizes() != size) out_ = torch::empty(size, latent.options().dtype(pixels ? torch::kByte : latent.scalar_type()));
        work_.run({static_cast<std::int64_t>(form)}, [stream = stream_, in = in_, out = out_, form] { Tensor(out).copy_((*stream)(in, form)); });
        shown.push_back(out_.clone());
    }
    return shown.size() == 1 ? shown.front() : torch::cat(shown, frames_axis);
}

}  // namespace mirrorme
