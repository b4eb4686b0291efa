#pragma once
// Codec `vae`: LTX-Video's autoencoder behind the codec interface. Three colour channels: frames are opaque.

#include <mutex>

#include "codec/codec.h"
#include "codec/vae/ltx_vae.h"
#include "codec/vae/vae_stream.h"

namespace mirrorme {

struct VaeCodecConfig {
    VaeConfig vae = published_vae(VaeVersion::v0_9_5);
    VaeWindow window;
    int width = 768, height = 512;  // multiples of the spatial stride
};

// Note [A codec's window]
// Codec::decode() gives the frames of the latents that it is given, so a codec's windows have no forward context and hence no cross-fade; its
// frames must not depend on how latents are cut into chunks, so a window adds one latent. What is left to choose is how far a window
// looks back ('mirrorme bench decode' measures it), the decode timestep and the noise that 0.9.1 and later expect. A causal decoder
// (codec/vae/vae_causal_stream.h) has no windows, and context_back means nothing to it.

/// {"kind": "vae", "vae": {...}, "window": {"context_back", "timestep", "noise_scale"}, "width", "height"}; absent fields keep their defaults, which are the
/// published ones. Throws Error naming the field: unreadable, mismatch.
VaeCodecConfig vae_codec_config_from_json(const nlohmann::json& json);
nlohmann::json to_json(const VaeCodecConfig& config);

class VaeCodec : public Codec, public torch::nn::Module {
public:
    explicit VaeCodec(const VaeCodecConfig& config);

    const CodecSpec& spec() const override { return spec_; }
    /// The picture composited over grey, encoded as a clip of one frame (posterior mean, normalised).
    std::shared_ptr<const CodecIdentity> make_identity(const ReferencePicture& picture) override;
    std::unique_ptr<DecodeCache> make_decode_cache() override;
    torch::Tensor decode(const torch::Tensor& latents, const CodecIdentity& identity, DecodeCache& cache,
                         const DecodeOptions& options) override;

    /// From now on the encoder waits in host memory between pictures: Note [Weights that wait]. After loading and moving.
    void park_encoder();

    LtxVae vae{nullptr};

private:
    VaeCodecConfig config_;
    CodecSpec spec_;
    std::mutex encoding_;  // pictures are read one at a time
};

}  // namespace mirrorme
