#pragma once
// Everything the model is told about a chunk, from what the session heard and was asked for.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/codec.h"
#include "denoise/conditioning.h"
#include "denoise/dit_config.h"
#include "engine/pose_rows.h"
#include "engine/session/session_state.h"
#include "features/audio_frontend.h"

namespace mirrorme {

inline FirstLatent first_latent_of(StreamStart start) noexcept { return start == StreamStart::still ? FirstLatent::still : FirstLatent::moving; }

/// Device worker's thread. Keeps nothing from chunk to chunk: what a latent frame is told depends on absolute positions alone.
class Conditioner {
public:
    /// Everything it makes is on `device`, where the front end is.
    Conditioner(AudioFrontEnd front_end, const DitConfig& config, std::shared_ptr<const CodecIdentity> identity, int frame_width, torch::Device device);

    /// The samples that the latents of `plan` hear: [1, n] float32 on the CPU.
    torch::Tensor window(const SessionState& session, const ChunkPlan& plan) const;
    /// `window` as above. Moves the session's speech gate and gestures on to the end of the chunk.
    Conditioning encode(const torch::Tensor& window, const ChunkPlan& plan, SessionState& session);

private:
    torch::Tensor gate_silence(const torch::Tensor& silent, const ChunkPlan& plan, SessionState& session) const;
    void add_pose(Conditioning& conditioning, const ChunkPlan& plan, SessionState& session) const;

    AudioFrontEnd front_end_;
    bool takes_pose_;
    std::shared_ptr<const CodecIdentity> identity_;
    PoseRows pose_rows_;
    torch::Device device_;
};

}  // namespace mirrorme
