// Note [Windows that join]
// A window begins with the last O latent frames of the one before, at every step as they were at that step (RAP's soft guidance): its own frames are
// made beside frames that move on as they did, and nothing is decoded and encoded again. Windows other than the first begin in mid-motion. Noise belongs
// to the latent's place in the clip, so what a window is made of does not depend on where the windows before it were cut.

#include "denoise/clip_denoiser.h"

#include <algorithm>
#include <array>
#include <utility>

#include "denoise/denoiser.h"
#include "denoise/sampler_step.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::array<Tensor Conditioning::*, 6> kPerLatent{&Conditioning::audio,      &Conditioning::silent,    &Conditioning::pose,
                                                           &Conditioning::pose_given, &Conditioning::face_mask, &Conditioning::style_mask};

/// `b` with the frames of `a` before its own.
Conditioning joined(const Conditioning& a, Conditioning b) {
    for (const auto field : kPerLatent)
        if ((a.*field).defined() && (b.*field).defined()) b.*field = torch::cat({a.*field, b.*field}, 1);
    return b;
}

Conditioning last_of(Conditioning told, int64_t latents) {
    for (const auto field : kPerLatent)
        if ((told.*field).defined()) told.*field = (told.*field).slice(1, (told.*field).size(1) - latents);
    return told;
}

}  // namespace

ClipDenoiser::ClipDenoiser(DitModel model, const SamplerConfig& sampler, const GuidanceConfig& guidance, ClipWindow window, Tensor used)
    : model_(std::move(model)), sampler_(sampler), guidance_(guidance), window_(window), used_(std::move(used)) {
    TORCH_CHECK(window_.latents > 0 && window_.overlap >= 0 && window_.overlap < window_.latents, "a window of ", window_.latents, " latent frames cannot overlap by ", window_.overlap);
    model_->eval();
}

void ClipDenoiser::restart(FirstLatent start) {
    start_ = start;
    next_ = 0;
    times_.clear();
    trail_.clear();
    told_ = {};
}

Tensor ClipDenoiser::velocity(const Tensor& x, double time, const Conditioning& told, LatentIndex first) {
    DitPass pass;
    pass.noisy = x;
    pass.time = torch::full({x.size(0)}, time, x.options());
    pass.start = first == 0 ? start_ : FirstLatent::moving;
    pass.context = model_->config().context;
    pass.context->mode = AttentionMode::bidirectional;
    const auto call = [&](const Conditioning& conditioning, const PerturbedBlocks& perturbed) {
        pass.conditioning = conditioning;
        pass.perturbed = perturbed;
        return model_->forward(pass).to(torch::kFloat);
    };
    const Tensor c = call(told, {});
    const Tensor u = guidance_.wants_untold() ? call(untold(told), {}) : Tensor(), p = guidance_.wants_perturbed() ? call(told, guidance_.perturbed) : Tensor();
    return guided_velocity(c, u, p, guidance_);
}

Tensor ClipDenoiser::run(IndexSpan latents, const Conditioning& told, std::uint64_t seed) {
    torch::NoGradGuard no_grad;
    const bool begins = next_ == 0;
    TORCH_CHECK(!latents.empty() && latents.first == next_ && latents.size() <= (begins ? window_.latents : window_.stride()), "latent frames [", latents.first, ", ", latents.end,
                ") do not follow ", next_);
    const int64_t past = trail_.empty() ? 0 : trail_.front().size(2), count = past + latents.size();
    const Conditioning all = past > 0 ? joined(told_, told) : told;
    const Tensor& shape = told.identity;
    const std::vector<int64_t> size{shape.size(0), model_->config().in_channels, count, shape.size(3), shape.size(4)};
    if (begins) times_ = schedule_times(sampler_, (latents.size() < window_.stride() ? latents.size() : window_.latents) * size[3] * size[4]);

    const LatentIndex first = latents.first - past;
    const int64_t keep = std::min<int64_t>(window_.overlap, count);
    std::vector<Tensor> trail;
    Tensor x = latent_noise(size, first, 0, seed, model_->device());
    const Tensor used = used_.defined() ? used_.to(x.device()) : Tensor();
    for (std::size_t step = 0; step < times_.size(); ++step) {
        if (past > 0) x.narrow(2, 0, past).copy_(trail_[step]);
        if (keep > 0) trail.push_back(x.narrow(2, count - keep, keep).clone());
        x = sampler_step(sampler_.kind, x, velocity(x, times_[step], all, first), times_[step], next_time(times_, times_[step]), used,
                         [&] { return latent_noise(size, first, static_cast<std::uint32_t>(step + 1), seed, x.device()); });
    }
    trail_ = std::move(trail);
    told_ = last_of(all, keep);
    next_ = latents.end;
    return x.narrow(2, past, latents.size());
}

}  // namespace mirrorme
