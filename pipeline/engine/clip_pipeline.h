#pragma once
// The model behind a file that is made window by window, every frame of a window seeing every other: `render --mode clip`.

#include <torch/torch.h>

#include <memory>

#include "denoise/clip_denoiser.h"
#include "engine/clip_options.h"
#include "engine/conditioner.h"
#include "engine/model.h"
#include "engine/session/session_state.h"

namespace mirrorme {

/// Error unsupported where the model was made to look back only; usage for a window that is none, or STG without blocks in the bundle.
void check_clips(const Model& model, const ClipModeOptions& options);

/// A session's chunk is a window without its overlap. Device worker's thread.
class ClipPipeline final : public ChunkProducer {
public:
    ClipPipeline(std::shared_ptr<const Model> model, std::shared_ptr<const CodecIdentity> identity, SessionInfo info, const ClipModeOptions& options, const Settings& settings);

    ChunkPlan produce_chunk(SessionState& session) override;
    void reset() override;
    VideoFrame still(const Settings& settings) override;
    MemoryUse memory() const noexcept override;

private:
    std::shared_ptr<const Model> model_;
    std::shared_ptr<const CodecIdentity> identity_;
    SessionInfo info_;
    std::uint64_t seed_;
    Conditioner conditioner_;
    ClipDenoiser denoiser_;
    std::unique_ptr<DecodeCache> decode_cache_;
};

}  // namespace mirrorme
