#include "codec/vae/vae_stream.h"

#include <algorithm>

#include "denoise/philox.h"
#include "ops/memory_format.h"
#include "ops/tensor_table.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::uint32_t kDecodeStep = 0xffff'fffe;  // of NoiseKey: no sampler has as many

Tensor frames(const Tensor& x, int64_t first, int64_t last) { return x.slice(2, first, last); }

}  // namespace

Tensor bgra_of(const Tensor& video) {
    const Tensor bgr = video[0].flip(0).permute({1, 2, 3, 0}).mul(0.5).add(0.5).clamp(0, 1).mul(255).round().to(torch::kByte);
    return torch::cat({bgr, torch::full_like(bgr.slice(3, 0, 1), 255)}, 3).contiguous();
}

Tensor VaeStreamEncoder::push(const Tensor& video) {
    const int64_t count = video.size(2), r = vae_->config().temporal_stride(), expected = cache_.first() ? 1 : 0;
    TORCH_CHECK(count % r == expected % r, "a stream's first chunk has 1 + ", r, "n frames and later ones ", r, "n; got ", count);
    return vae_->normalise(vae_->encoder->forward(video, &cache_).mean);
}

Tensor with_decode_noise(const Tensor& latents, int64_t first, const VaeWindow& window) {
    if (window.noise_scale == 0) return latents;
    if (has_table(latents.device())) {
        const Tensor made = torch::empty({latents.size(2), latents.size(0), latents.size(1), latents.size(3), latents.size(4)}, latents.options().dtype(torch::kFloat));
        if (fused::normal_noise(made, {.seed = window.seed, .first_latent = first, .step = kDecodeStep})) return latents.lerp(made.movedim(0, 2).to(latents), window.noise_scale);
    }
    std::vector<Tensor> noise;
    for (int64_t i = 0; i < latents.size(2); ++i) {
        const Tensor one = torch::empty({latents.size(0), latents.size(1), latents.size(3), latents.size(4)});
        fill_normal({one.data_ptr<float>(), static_cast<std::size_t>(one.numel())}, {.seed = window.seed, .latent = first + i, .step = kDecodeStep});
        noise.push_back(one);
    }
    return latents.lerp(torch::stack(noise, 2).to(latents), window.noise_scale);
}

Tensor VaeDecodeCall::patches(const Tensor& latents, VaeStreamCache* cache) const {
    LtxVae net(vae);
    VaeDecodeContext context;
    context.noise = noise.get();
    context.noise_seed = window.seed;
    context.inject_noise = net->config().injects_noise();
    if (net->config().timestep_conditioning) context.timestep = torch::full({1}, window.timestep, latents.options().dtype(torch::kFloat));
    Tensor z = net->denormalise(latents);
    if (has_table(z.device())) z = z.contiguous(torch::MemoryFormat::ChannelsLast3d);
    return net->decoder->patches(z, context, cache);
}

Tensor VaeDecodeCall::pixels(const Tensor& patches) const {
    const int patch = vae->config().patch;
    if (patch == 4)
        if (const Tensor made = fused::finish_pixels(patches); made.defined()) return made;
    return bgra_of(unpatchify(patches, patch));
}

/// One window's decode.
struct VaeStreamDecoder::Decode {
    VaeDecodeCall call;

    Tensor operator()(const Tensor& latents, int64_t first, int64_t end, Form form) const {
        const Tensor patches = call.patches(latents, nullptr);
        if (form == Form::video) return unpatchify(patches, call.vae->config().patch);
        return call.pixels(frames(patches, first, end));
    }
};

VaeStreamDecoder::VaeStreamDecoder(LtxVae vae, VaeWindow window)
    : vae_(std::move(vae)),
      window_(window),
      decode_(std::make_shared<Decode>(Decode{.call = {.vae = vae_, .window = window}})),
      work_("the decode", vae_->parameters().front().device()) {
    if (runtime_for(vae_->parameters().front().device()) != nullptr) to_channels_last(*vae_->decoder);
    TORCH_CHECK(window.context_back >= 1, "context_back must be at least 1: a window's first latent decodes to a single frame");
    TORCH_CHECK(window.context_forward >= 0 && window.cross_fade >= 0 && window.step >= 1, "a window's sizes are not negative, and it adds a latent at least");
    const int64_t given = vae_->config().temporal_stride() * window.context_forward;
    TORCH_CHECK(window.cross_fade <= given, "cross_fade needs ", window.cross_fade, " frames of the last window, but context_forward gives ", given);
    TORCH_CHECK(window.noise_scale >= 0 && window.noise_scale < 1, "noise_scale is a share below 1");
}

/// See Note [Windows of a decode].
Tensor VaeStreamDecoder::push(const Tensor& latents) {
    return joined(windows_of(latents, Form::video));
}

Tensor VaeStreamDecoder::push_pixels(const Tensor& latents) {
    TORCH_CHECK(window_.cross_fade == 0, "pixels are finished: they do not fade");
    const std::vector<Tensor> shown = windows_of(latents, Form::pixels);
    if (shown.empty()) return torch::empty({0, 0, 0, 4}, torch::kByte);
    return shown.size() == 1 ? shown.front() : torch::cat(shown, 0);
}

std::vector<Tensor> VaeStreamDecoder::windows_of(const Tensor& latents, Form form) {
    const Tensor fresh = with_decode_noise(latents, pushed_, window_);
    pushed_ += latents.size(2);
    held_ = held_.defined() ? torch::cat({held_, fresh}, 2) : fresh;
    std::vector<Tensor> shown;
    while (held_.size(2) - old_ >= window_.step + window_.context_forward) shown.push_back(decode_next(window_.step, window_.context_forward, form));
    return shown;
}

Tensor VaeStreamDecoder::flush() {
    std::vector<Tensor> shown;
    while (held_.defined() && held_.size(2) > old_) {
        const int64_t left = held_.size(2) - old_, count = std::min<int64_t>(left, window_.step);
        shown.push_back(decode_next(count, std::min<int64_t>(left - count, window_.context_forward), Form::video));
    }
    return joined(shown);
}

void VaeStreamDecoder::restart() {
    held_ = forward_frames_ = Tensor();
    old_ = pushed_ = 0;
    started_ = false;
}

/// Shows the next `count` latents with `forward` latents of future.
Tensor VaeStreamDecoder::decode_next(int64_t count, int64_t forward, Form form) {
    const int64_t r = vae_->config().temporal_stride();
    const int64_t end = r * (old_ + count - 1) + 1, first = started_ ? r * (old_ - 1) + 1 : 0;
    const Tensor video = decode_held(old_ + count + forward, first, end, form);
    Tensor shown = form == Form::pixels ? video : frames(video, first, end);
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

Tensor VaeStreamDecoder::decode_held(int64_t latents, int64_t first, int64_t end, Form form) {
    const Tensor window = held_.slice(2, 0, latents);
    if (!CapturedWork::wanted(window.device())) return (*decode_)(window, first, end, form);
    WorkKey key{latents, first, end, static_cast<std::int64_t>(form)};
    FixedWindow& fixed = fixed_[key];
    if (!fixed.in.defined()) {
        fixed.in = window.clone();
        fixed.out = (*decode_)(fixed.in, first, end, form);  // tells the size, and draws the noise that the stream keeps
        return fixed.out.clone();
    }
    fixed.in.copy_(window);
    work_.run(key, [decode = decode_, in = fixed.in, out = fixed.out, first, end, form] { Tensor(out).copy_((*decode)(in, first, end, form)); });
    return fixed.out.clone();
}

Tensor VaeStreamDecoder::joined(const std::vector<Tensor>& parts) const {
    if (parts.empty()) return torch::zeros({1, 3, 0, 0, 0});
    return parts.size() == 1 ? parts.front() : torch::cat(parts, 2);
}

}  // namespace mirrorme
