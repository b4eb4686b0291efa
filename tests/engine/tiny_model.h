#pragma once
// A model of a few thousand parameters with random weights: small enough for tests, and every module of the real one in it.

#include <torch/torch.h>

#include "engine/local_engine.h"

namespace mirrorme::testing {

/// 32 x 48 pixels; a frame's bytes are its latent's numbers, turned by the frame's place, so that any change of a latent shows.
class TinyCodec final : public Codec {
public:
    TinyCodec();
    const CodecSpec& spec() const override { return spec_; }
    std::shared_ptr<const CodecIdentity> make_identity(const ReferencePicture& picture) override;
    std::unique_ptr<DecodeCache> make_decode_cache() override;
    torch::Tensor decode(const torch::Tensor& latents, const CodecIdentity& identity, DecodeCache& cache, const DecodeOptions& options) override;

private:
    CodecSpec spec_;
};

std::shared_ptr<Model> tiny_model();

/// An engine on tiny_model() whose every picture is a grey 64 x 96 one.
std::unique_ptr<LocalEngine> tiny_engine(std::shared_ptr<Model> model = tiny_model());

/// Speech-like sound: bursts of tones with pauses, at 48 kHz.
std::vector<float> babble(double seconds);

SessionConfig tiny_config();

/// Pushes `sound` in blocks of `block` samples (0: random sizes) and returns every frame.
std::vector<VideoFrame> render(Session& session, std::span<const float> sound, std::size_t block);

bool same_pixels(const std::vector<VideoFrame>& a, const std::vector<VideoFrame>& b);

}  // namespace mirrorme::testing
