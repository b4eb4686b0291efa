#pragma once
// A codec stands between latents [B, C, T', h, w] and pictures. Nothing above it knows which one it is:
// `vae` (LTX-Video's, pixels) or `motion` (key-point tracks and a renderer).

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/image.h"
#include "core/keypoints.h"

namespace mirrorme {

struct CodecSpec {
    int channels = 128;           // C of a latent
    int grid_h = 1, grid_w = 6;   // tokens of a latent frame: S = grid_h * grid_w
    int temporal = 4;             // r: video frames per latent frame; the first latent of a stream stands for 1 or for r frames
    int width = 256, height = 384;  // pixels of a frame
    int spatial_stride = 1;       // pixels per latent cell, scales the RoPE coordinates y, x
};

/// A reference picture ready for this codec: made once per picture, shared, immutable.
/// Concrete codecs derive from it and keep what decoding needs (features, plate, points).
struct CodecIdentity {
    virtual ~CodecIdentity() = default;
    torch::Tensor latent;         // [1, C, 1, h, w], normalised: what the denoiser sees as identity
    KeyPointFrame points;         // of the reference, in pixels of the frame: gestures are retargeted with it
    std::vector<std::string> remarks;  // what this picture cannot do: names of sentences in engine/identity.cpp; usually none
};

/// What a stream's decoder remembers between chunks.
struct DecodeCache {
    virtual ~DecodeCache() = default;
    /// Forgets the stream and keeps its memory, of which recorded work may speak (ops/captured_work.h). False: it does not, make another.
    virtual bool restart() { return false; }
};

enum class Background { keep, matte, colour };

struct DecodeOptions {
    Background background = Background::keep;
    float liveliness = 1.0f;      // scales head, eye and torso motion: 0 statue .. 1 as generated .. 1.5
};

/// A reference picture already cropped and scaled to the frame size, with its key points.
struct ReferencePicture {
    RgbaImage image;              // width x height of the codec; alpha honoured
    KeyPointFrame points;         // pixels
};

class Codec {
public:
    virtual ~Codec() = default;
    virtual const CodecSpec& spec() const = 0;

    /// [1, C, 1, h, w] bool: channels that mean something, the others are always 0. Undefined: all do. Once the weights are there.
    virtual torch::Tensor used_channels() const { return {}; }

    virtual std::shared_ptr<const CodecIdentity> make_identity(const ReferencePicture& picture) = 0;
    virtual std::unique_ptr<DecodeCache> make_decode_cache() = 0;

    /// Latents of one chunk [1, C, c, h, w] (normalised) to frames [n, H, W, 4] uint8 BGRA, straight alpha, foreground
    /// colour dilated under alpha 0; n = frames_of(c, first chunk?). Deterministic; exact for any chunking of the same latents.
    virtual torch::Tensor decode(const torch::Tensor& latents, const CodecIdentity& identity, DecodeCache& cache,
                                 const DecodeOptions& options) = 0;

    /// The reference picture as frames show it, [H, W, 4] uint8 BGRA as above. As it stands for codecs whose identity latent is a picture's.
    virtual torch::Tensor still(const CodecIdentity& identity, const DecodeOptions& options) {
        return decode(identity.latent, identity, *make_decode_cache(), options)[0];
    }
};

}  // namespace mirrorme
