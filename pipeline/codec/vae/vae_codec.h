#pragma once
// Codec `vae`: LTX-Video's autoencoder behind the codec interface. Three colour channels: frames are opaque.

#include "codec/codec.h"
#include "codec/vae/ltx_vae.h"

namespace mirrorme {

struct VaeCodecConfig {
    VaeConfig vae = published_vae(VaeVersion::v0_9_5);
    VaeWindow window;
    int width = 768, height = 512;  // multiples of the spatial stride
};

/// {"kind": "vae", "vae": {...}, "window": {"context_back", "cross_fade", "timestep"}, "width", "height"};
/// throws Error(mismatch) naming the field. context_forward is 0 live: a later frame would only add delay.
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

    LtxVae vae{nullptr};

private:
    VaeCodecConfig config_;
    CodecSpec spec_;
};

}  // namespace mirrorme
