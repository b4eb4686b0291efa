// The spine: one chunk, from sound to timed frames. Every stage is a class of its own; this is their order.

#include <utility>

#include "engine/chunk_pipeline.h"

namespace mirrorme {
namespace {

/// On a device the answer comes with the pixels.
torch::Tensor finite_here(torch::Tensor latents, const ChunkPlan& plan) { return latents.is_cpu() ? finite_latents(std::move(latents), plan) : latents; }

}  // namespace

ChunkPlan ChunkPipeline::produce_chunk(SessionState& session) {
    torch::InferenceMode no_gradients;

    // What to make, by when. Anything but `make` is the session's business.
    const ChunkPlan plan = session.scheduler.next(session.clock.now_ns(), session.audio_progress(), session.queue_depth());
    if (plan.action != ChunkAction::make) return plan;
    choose_steps(plan.level, session.settings);

    const auto timed = [&](std::string_view stage, auto&& work) {
        const StageTimer timer(session.times, stage);
        return work();
    };

    const torch::Tensor window = conditioner_.window(session, plan);                                                      // [1, samples]
    const Conditioning cond = timed("audio", [&] { return conditioner_.encode(window, plan, session); });                 // all the model is told
    const torch::Tensor latents =
        timed("denoise", [&] { return finite_here(denoiser_.run(plan.latents, cond, *context_cache_, seed_), plan); });   // [1, C, c, h, w]
    const torch::Tensor pixels =
        timed("decode", [&] { return model_->codec->decode(latents, *identity_, *decode_cache_, decode_options_of(session.settings)); });  // [n, H, W, 4]
    const torch::Tensor shown = pixels.is_cpu() ? pixels : timed("read_back", [&] { return read_back(pixels, latents, plan); });  // in host memory
    push_frames(shown, plan, info_, session);                                                                             // timed, bounded
    return plan;
}

}  // namespace mirrorme
