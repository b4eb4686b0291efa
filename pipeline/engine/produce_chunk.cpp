// The spine: one chunk, from sound to timed frames. Every stage is a class of its own; this is their order.

#include <utility>

#include "engine/chunk_pipeline.h"

namespace mirrorme {
namespace {

/// The latents where the codec is. On a device the answer whether they are numbers comes with the pixels.
torch::Tensor for_codec(const torch::Tensor& latents, torch::Device codec, const ChunkPlan& plan) {
    return codec.is_cpu() ? finite_latents(latents.to(codec), plan) : latents;
}

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
        timed("denoise", [&] { return for_codec(denoiser_.run(plan.latents, cond, *context_cache_, seed_), model_->codec_device, plan); });  // [1, C, c, h, w]
    const torch::Tensor pixels =
        timed("decode", [&] { return model_->codec->decode(latents, *identity_, *decode_cache_, decode_options_of(session.settings)); });  // [n, H, W, 4]
    const torch::Tensor shown = pixels.is_cpu() ? pixels : timed("read_back", [&] { return read_back(pixels, latents, plan); });  // in host memory
    push_frames(shown, plan, info_, session);                                                                             // timed, bounded
    return plan;
}

}  // namespace mirrorme
