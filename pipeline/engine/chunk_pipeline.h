#pragma once
// The model behind one session: what it was prepared with, and what it carries from chunk to chunk.

#include <torch/torch.h>

#include <memory>

#include "core/error.h"
#include "denoise/denoiser.h"
#include "engine/conditioner.h"
#include "engine/model.h"
#include "engine/session/session_state.h"

namespace mirrorme {

/// Device worker's thread. produce_chunk() is in produce_chunk.cpp: start reading there.
class ChunkPipeline final : public ChunkProducer {
public:
    ChunkPipeline(std::shared_ptr<const Model> model, std::shared_ptr<const CodecIdentity> identity, SessionInfo info, StreamStart start, std::uint64_t seed);

    ChunkPlan produce_chunk(SessionState& session) override;
    void reset() override;
    /// A new stream in the same memory, of which recorded work may speak.
    void restart();
    VideoFrame still(const Settings& settings) override;
    MemoryUse memory() const noexcept override;

private:
    /// Steps of the level and of the settings, from the next chunk on.
    void choose_steps(DegradationLevel level, const Settings& settings);
    /// A device's pixels [n, H, W, 4] in host memory, until the next call: the chunk's only wait. Throws not_finite.
    torch::Tensor read_back(const torch::Tensor& pixels, const torch::Tensor& latents, const ChunkPlan& plan);
    /// What the decoder remembers, made anew as in the midst of a stream: a first latent is one frame, and the reference picture is taken for it.
    void forget_decoded();

    std::shared_ptr<const Model> model_;
    std::shared_ptr<const CodecIdentity> identity_;
    SessionInfo info_;
    StreamStart start_;
    std::uint64_t seed_;
    int steps_;

    Conditioner conditioner_;
    Denoiser denoiser_;
    std::unique_ptr<ContextCache> context_cache_;
    std::unique_ptr<DecodeCache> decode_cache_;
    torch::Tensor staging_;  // page-locked bytes that a device writes into
};

// What every producer that has a model does alike. Device worker's thread.

DecodeOptions decode_options_of(const Settings& settings);
/// What a chunk is lost for whose latents are no numbers.
Error not_finite(const ChunkPlan& plan);
/// A model that diverges must not poison the stream: Error internal, and the chunk is lost with what is remembered of it.
torch::Tensor finite_latents(torch::Tensor latents, const ChunkPlan& plan);
/// pixels [n, H, W, 4] become the plan's frames; those past the end of the sound are cut.
void push_frames(const torch::Tensor& pixels, const ChunkPlan& plan, const SessionInfo& info, SessionState& session);
VideoFrame still_frame(Codec& codec, const CodecIdentity& identity, const SessionInfo& info, const Settings& settings);

/// Of a graphics card: what its library says, nothing known without one.
MemoryUse device_memory(torch::Device device) noexcept;

/// [H, W, 4] uint8 BGRA on any device -> shared pixels.
std::shared_ptr<const FramePixels> pixels_of(const torch::Tensor& picture);

}  // namespace mirrorme
