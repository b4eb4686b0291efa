#include "codec/vae/vae_stream.h"

#include <algorithm>

#include "denoise/philox.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::uint32_t kDecodeStep = 0xffff'fffe;  // of NoiseKey: no sampler has as many

Tensor frames(const Tensor& x, int64_t first, int64_t last) { return x.slice(2, first, last); }

}  // namespace

Tensor VaeStreamEncoder::push(const Tensor& video) {
    const int64_t count = video.size(2), r = vae_->config().temporal_stride(), expected = cache_.first() ? 1 : 0;
    TORCH_CHECK(count % r == expected % r, "a stream's first chunk has 1 + ", r, "n frames and later ones ", r, "n; got ", count);
    return vae_->normalise(vae_->encoder->forward(video, &cache_).mean);
}

VaeStreamDecoder::VaeStreamDecoder(LtxVae vae, VaeWindow window) : vae_(std::move(vae)), window_(window) {
    TORCH_CHECK(window.context_back >= 1, "context_back must be at least 1: a window's first latent decodes to a single frame");
    TORCH_CHECK(window.context_forward >= 0 && window.cross_fade >= 0 && window.step >= 1, "a window's sizes are not negative, and it adds a latent at least");
    const int64_t given = vae_->config().temporal_stride() * window.context_forward;
    TORCH_CHECK(window.cross_fade <= given, "cross_fade needs ", window.cross_fade, " frames of the last window, but context_forward gives ", given);
    TORCH_CHECK(window.noise_scale >= 0 && window.noise_scale < 1, "noise_scale is a share below 1");
}

/// See Note [Windows of a decode].
Tensor VaeStreamDecoder::push(const Tensor& latents) {
    const Tensor fresh = with_noise(latents);
    held_ = held_.defined() ? torch::cat({held_, fresh}, 2) : fresh;
    std::vector<Tensor> shown;
    while (held_.size(2) - old_ >= window_.step + window_.context_forward) shown.push_back(decode_next(window_.step, window_.context_forward));
    return joined(shown);
}

Tensor VaeStreamDecoder::flush() {
    std::vector<Tensor> shown;
    while (held_.defined() && held_.size(2) > old_) {
        const int64_t left = held_.size(2) - old_, count = std::min<int64_t>(left, window_.step);
        shown.push_back(decode_next(count, std::min<int64_t>(left - count, window_.context_forward)));
    }
    return joined(shown);
}

Tensor VaeStreamDecoder::with_noise(const Tensor& latents) {
    const int64_t first = pushed_;
    pushed_ += latents.size(2);
    if (window_.noise_scale == 0) return latents;
    std::vector<Tensor> noise;
    for (int64_t i = 0; i < latents.size(2); ++i) {
        const Tensor one = torch::empty({latents.size(0), latents.size(1), latents.size(3), latents.size(4)});
        fill_normal({one.data_ptr<float>(), static_cast<std::size_t>(one.numel())}, {.seed = window_.seed, .latent = first + i, .step = kDecodeStep});
        noise.push_back(one);
    }
    return latents.lerp(torch::stack(noise, 2).to(latents), window_.noise_scale);
}

/// Shows the next `count` latents with `forward` latents of future.
Tensor VaeStreamDecoder::decode_next(int64_t count, int64_t forward) {
    VaeDecodeContext context;
    context.noise = &noise_;
    context.noise_seed = window_.seed;
    context.inject_noise = vae_->config().injects_noise();
    if (vae_->config().timestep_conditioning) context.timestep = torch::full({1}, window_.timestep, held_.options().dtype(torch::kFloat));
    const Tensor video = vae_->decoder->forward(vae_->denormalise(held_.slice(2, 0, old_ + count + forward)), context);

    const int64_t r = vae_->config().temporal_stride();
    const int64_t end = r * (old_ + count - 1) + 1, first = started_ ? r * (old_ - 1) + 1 : 0;
    Tensor shown = frames(video, first, end);
    if (const int64_t n = std::min<int64_t>({window_.cross_fade, forward_frames_.defined() ? forward_frames_.size(2) : 0, shown.size(2)}); n > 0) {
        const Tensor weight = (torch::arange(1, n + 1, video.options()) / double(n + 1)).view({1, 1, n, 1, 1});
        shown = torch::cat({frames(forward_frames_, 0, n).lerp(frames(shown, 0, n), weight), frames(shown, n, shown.size(2))}, 2);
    }
    forward_frames_ = window_.cross_fade > 0 && forward > 0 ? frames(video, end, std::min<int64_t>(end + window_.cross_fade, video.size(2))).clone() : Tensor();

    started_ = true;
    const int64_t keep = std::min<int64_t>(window_.context_back, old_ + count);
    held_ = held_.slice(2, old_ + count - keep).clone();
    old_ = keep;
    return shown;
}

Tensor VaeStreamDecoder::joined(const std::vector<Tensor>& parts) const {
    if (parts.empty()) return torch::zeros({1, 3, 0, 0, 0});
    return parts.size() == 1 ? parts.front() : torch::cat(parts, 2);
}

}  // namespace mirrorme
