#pragma once
// Codec `motion`: latents are what the parts of a body do, pictures are drawn from the reference picture and that.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/codec.h"
#include "codec/motion/blinker.h"
#include "codec/motion/frame_stage.h"
#include "codec/motion/part_map.h"
#include "codec/motion/points_net.h"
#include "codec/motion/renderer.h"
#include "codec/motion/seam_easing.h"

namespace mirrorme {

struct MotionCodecConfig {
    int width = 256, height = 384;  // multiples of 16
    int temporal = 4;               // r: video frames of a latent frame
    RendererConfig renderer;
};

nlohmann::json to_json(const MotionCodecConfig& config);
/// {"kind": "motion", "width", "height", "temporal", "renderer": {...}}; throws Error(mismatch) naming `subject` and the field.
MotionCodecConfig motion_codec_config_from_json(const nlohmann::json& json, const std::string& subject);

/// What a stream of motion remembers.
struct MotionStream {
    bool started = false;  // false: the first latent is still to come
    Blinker blinker;
    SeamEasing seams;
};

class MotionCodec final : public Codec, public torch::nn::Module {
public:
    explicit MotionCodec(const MotionCodecConfig& config);

    const CodecSpec& spec() const override { return spec_; }
    torch::Tensor used_channels() const override { return part_map->used_channels(); }
    /// An opaque picture is cut out by the matte of the key-point net, and the plate behind the person filled in.
    std::shared_ptr<const CodecIdentity> make_identity(const ReferencePicture& picture) override;
    std::unique_ptr<DecodeCache> make_decode_cache() override;
    torch::Tensor decode(const torch::Tensor& latents, const CodecIdentity& identity, DecodeCache& cache, const DecodeOptions& options) override;
    torch::Tensor still(const CodecIdentity& identity, const DecodeOptions& options) override;

    /// The key-point frames [pixels] that decode() draws of a stream's next latents: for evaluation and for tracks. One frame of its first latent.
    std::vector<KeyPointFrame> motion(const torch::Tensor& latents, const CodecIdentity& identity, MotionStream& stream, float liveliness) const;

    PartMap part_map{nullptr};
    Renderer renderer{nullptr};
    PointsNet points_net{nullptr};

private:
    MotionCodecConfig config_;
    CodecSpec spec_;
};

}  // namespace mirrorme
