#include "codec/vae/decode_context.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace mirrorme {
namespace {

using torch::Tensor;

/// Pictures in 0..1, on the CPU: [1, 3, n, H, W].
Tensor pictures(const Tensor& video) { return video.to(torch::kCPU, torch::kFloat).mul(0.5).add(0.5).clamp(0, 1); }

double psnr(const Tensor& difference) {
    const double error = difference.square().mean().item<double>();
    return error <= 0 ? kHighestPsnr : std::min(kHighestPsnr, -10 * std::log10(error));
}

int64_t edge_of(std::span<const VaeWindow> windows) {
    int64_t edge = 1;
    for (const VaeWindow& window : windows) edge = std::max<int64_t>(edge, window.context_back);
    return edge;
}

/// Change of each picture from the one before it, at the first picture of every window: frames 1 + r m, m a multiple of step.
Tensor steps_at_seams(const Tensor& video, int64_t r, const VaeWindow& window, int64_t first, int64_t end) {
    std::vector<Tensor> steps;
    for (int64_t latent = window.step; r * (latent - 1) + 1 < end; latent += window.step) {
        const int64_t frame = r * (latent - 1) + 1;
        if (frame > first) steps.push_back(video.select(2, frame) - video.select(2, frame - 1));
    }
    return torch::stack(steps, 2);
}

}  // namespace

int64_t fewest_latents(std::span<const VaeWindow> windows) {
    int64_t step = 1;
    for (const VaeWindow& window : windows) step = std::max<int64_t>(step, window.step);
    return 2 * edge_of(windows) + 2 * step + 1;
}

std::vector<DecodeContextScore> measure_decode_context(LtxVae vae, const Tensor& latents, std::span<const VaeWindow> windows,
                                                       const std::function<void(std::size_t done)>& told) {
    using Clock = std::chrono::steady_clock;
    TORCH_CHECK(latents.size(2) >= fewest_latents(windows), "a clip of ", latents.size(2), " latents is too short for these windows: ", fewest_latents(windows));
    const int64_t count = latents.size(2), edge = edge_of(windows), r = vae->config().temporal_stride();
    const int64_t first = r * edge + 1, end = r * (count - 1 - edge) + 1;  // pictures that count

    std::vector<DecodeContextScore> scores;
    Tensor whole;
    for (const VaeWindow& window : windows) {
        // The whole decode with the same noise is one window of all latents.
        VaeWindow one = window;
        one.step = static_cast<int>(count);
        one.context_forward = one.cross_fade = 0;
        if (!whole.defined()) whole = pictures(VaeStreamDecoder(vae, one).push(latents));
        if (told && scores.empty()) told(0);

        DecodeContextScore score{.window = window};
        VaeStreamDecoder stream(vae, window);
        std::vector<Tensor> parts;
        const auto start = Clock::now();
        for (int64_t i = 0; i < count; ++i)
            if (const Tensor part = stream.push(latents.slice(2, i, i + 1)); part.size(2) > 0) parts.push_back(pictures(part));
        score.seconds = std::chrono::duration<double>(Clock::now() - start).count() / std::max<double>(1, static_cast<double>(parts.size()));
        if (const Tensor rest = stream.flush(); rest.size(2) > 0) parts.push_back(pictures(rest));
        const Tensor shown = torch::cat(parts, 2);

        score.psnr_db = psnr(shown.slice(2, first, end) - whole.slice(2, first, end));
        score.worst_db = kHighestPsnr;
        for (int64_t frame = first; frame < end; ++frame) score.worst_db = std::min(score.worst_db, psnr(shown.select(2, frame) - whole.select(2, frame)));
        score.seam_db = psnr(steps_at_seams(shown, r, window, first, end) - steps_at_seams(whole, r, window, first, end));
        score.delay_frames = static_cast<double>(r * window.context_forward);
        scores.push_back(score);
        if (told) told(scores.size());
    }
    return scores;
}

}  // namespace mirrorme
