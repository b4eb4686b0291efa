#include "engine/chunk_pipeline.h"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "core/error.h"
#include "ops/device_runtime.h"

namespace mirrorme {

using torch::Tensor;

ChunkPipeline::ChunkPipeline(std::shared_ptr<const Model> model, std::shared_ptr<const CodecIdentity> identity, SessionInfo info, StreamStart start,
                             std::uint64_t seed)
    : model_(std::move(model)),
      identity_(std::move(identity)),
      info_(std::move(info)),
      start_(start),
      seed_(seed),
      steps_(model_->steps_for(0)),
      conditioner_(model_->front_end, model_->denoiser->config(), identity_, info_.width, model_->device),
      denoiser_(model_->denoiser, model_->sampler_with(steps_)),
      decode_cache_(model_->codec->make_decode_cache()) {
    torch::InferenceMode no_gradients;
    StreamSetup setup;
    setup.identity = identity_->latent;
    setup.text = model_->text;
    setup.used = model_->codec->used_channels();
    setup.start = first_latent_of(start_);
    context_cache_ = denoiser_.start(setup);
}

void ChunkPipeline::reset() {
    torch::InferenceMode no_gradients;
    context_cache_->restart(first_latent_of(start_));
}

void ChunkPipeline::restart() {
    torch::InferenceMode no_gradients;
    context_cache_->restart(first_latent_of(start_));
    if (!decode_cache_->restart()) decode_cache_ = model_->codec->make_decode_cache();
}

DecodeOptions decode_options_of(const Settings& settings) {
    DecodeOptions options;
    // A colour is composited by whoever shows the frames, over the person alone.
    options.background = settings.background.mode == BackgroundChoice::Mode::keep ? Background::keep : Background::matte;
    options.liveliness = static_cast<float>(settings.liveliness);
    return options;
}

void ChunkPipeline::choose_steps(DegradationLevel level, const Settings& settings) {
    // With step-matched history the cache has one memory a step: their number is the stream's.
    if (model_->denoiser->config().context.history == StreamHistory::step_matched) return;
    const int steps = steps_at(level, model_->steps_for(settings.steps), model_->fewest_steps());
    if (steps == steps_) return;
    steps_ = steps;
    denoiser_.set_sampler(model_->sampler_with(steps));
}

Error not_finite(const ChunkPlan& plan) { return Error(ErrorCode::internal, "chunk " + std::to_string(plan.index), "came out as numbers that are not finite"); }

Tensor ChunkPipeline::read_back(const Tensor& pixels, const Tensor& latents, const ChunkPlan& plan) {
    const Tensor bytes = pixels.flatten(), fine = torch::isfinite(latents).all().view({1}).to(torch::kByte);
    const int64_t count = bytes.numel();
    if (!staging_.defined() || staging_.numel() < count + 1) staging_ = torch::empty({count + 1}, torch::TensorOptions(torch::kByte).pinned_memory(true));
    staging_.narrow(0, 0, count).copy_(bytes, /*non_blocking=*/true);
    staging_.narrow(0, count, 1).copy_(fine, /*non_blocking=*/true);
    if (DeviceRuntime* runtime = runtime_for(pixels.device())) {
        const std::unique_ptr<DeviceEvent> written = runtime->event(pixels.device());
        written->record();
        written->wait();
    } else {
        torch::cuda::synchronize(pixels.device().index());
    }
    if (staging_.const_data_ptr<std::uint8_t>()[count] != 0) return staging_.narrow(0, 0, count).view(pixels.sizes());
    forget_decoded();  // the decoder has seen them
    throw not_finite(plan);
}

void ChunkPipeline::forget_decoded() {
    if (!decode_cache_->restart()) decode_cache_ = model_->codec->make_decode_cache();
    const auto chunk = model_->denoiser->config().context.chunk;
    (void)model_->codec->decode(identity_->latent.expand({-1, -1, chunk, -1, -1}).contiguous(), *identity_, *decode_cache_, {});
}

torch::Tensor finite_latents(torch::Tensor latents, const ChunkPlan& plan) {
    if (torch::isfinite(latents).all().item<bool>()) return latents;
    throw not_finite(plan);
}

void push_frames(const Tensor& pixels, const ChunkPlan& plan, const SessionInfo& info, SessionState& session) {
    const std::int64_t made = session.layout().frames_of(plan.latents).size();
    TORCH_CHECK(pixels.size(0) == made, "the codec gave ", pixels.size(0), " frames for a chunk of ", made);
    const bool silent = !session.speech.speech_in({session.layout().model_sample(plan.frames.first), session.layout().model_sample(plan.frames.end)});
    std::vector<VideoFrame> frames;
    for (FrameIndex f = plan.frames.first; f < plan.frames.end; ++f) {
        frames.push_back(session.frame_of(f, pixels_of(pixels[f - plan.frames.first]), info));
        session.shown.made(frames.back(), silent);
    }
    session.frames.push(std::move(frames));
}

VideoFrame ChunkPipeline::still(const Settings& settings) { return still_frame(*model_->codec, *identity_, info_, settings); }

MemoryUse ChunkPipeline::memory() const noexcept { return model_->device.is_cuda() ? device_memory(model_->device) : ChunkProducer::memory(); }

MemoryUse device_memory(torch::Device device) noexcept {
    MemoryUse use{.graphics = true};
    try {
        if (const DeviceRuntime* runtime = runtime_for(device)) {
            const DeviceRuntime::Memory memory = runtime->memory(device);
            use.held_bytes = memory.held;
            use.free_bytes = memory.free;
            use.total_bytes = memory.total;
        }
    } catch (const std::exception&) {  // a card that has failed: its chunks say so
    }
    return use;
}

VideoFrame still_frame(Codec& codec, const CodecIdentity& identity, const SessionInfo& info, const Settings& settings) {
    torch::InferenceMode no_gradients;
    VideoFrame frame;
    frame.pixels = pixels_of(codec.still(identity, decode_options_of(settings)));
    frame.width = info.width;
    frame.height = info.height;
    return frame;
}

std::shared_ptr<const FramePixels> pixels_of(const Tensor& picture) {
    const Tensor bytes = picture.to(torch::kCPU).contiguous();
    const std::uint8_t* from = bytes.data_ptr<std::uint8_t>();
    return std::make_shared<const FramePixels>(from, from + bytes.numel());
}

}  // namespace mirrorme
