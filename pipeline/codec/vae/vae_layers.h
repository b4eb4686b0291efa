#pragma once
// The layers LTX-Video's autoencoder is made of. All tensors are [B, C, T, H, W]; parameter names are the published ones.
// Source: LTX-Video causal_video_autoencoder.py; formulas restated where they are computed.

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "codec/vae/vae_config.h"

namespace mirrorme {

/// What causal layers remember of a stream: one tensor a layer, taken in the order the layers run; it stays where it is from the first chunk on.
/// Pass nullptr for a whole clip. A stream's first chunk holds 1 + 8n frames, later ones 8n; n latents give or take those.
class VaeStreamCache {
public:
    void begin_chunk() { next_ = 0; }
    void end_chunk() { first_ = false; }
    /// A new stream in the same memory.
    void restart() { first_ = true; }
    bool first() const { return first_; }
    torch::Tensor& take() {
        if (next_ == slots_.size()) slots_.emplace_back();
        return slots_[next_++];
    }

private:
    std::vector<torch::Tensor> slots_;
    std::size_t next_ = 0;
    bool first_ = true;
};

/// What a decode is conditioned on. Noise (0.9.1) is one [1, 1, 1, H, W] picture a convolution, drawn once a stream, from its seed and place.
struct VaeDecodeContext {
    torch::Tensor timestep;          // [B], in 0..1; undefined for 0.9.0
    torch::Tensor timestep_multiplier;  // []; undefined: 1000
    bool inject_noise = false;       // false: deterministic, the published default for tests
    std::vector<torch::Tensor>* noise = nullptr;
    std::uint64_t noise_seed = 0;    // of the pictures that noise has not got yet
    std::size_t next_noise = 0;
};

/// Channel (c * p + dx) * p + dy of a patch of p x p pixels: the width offset is the major digit. [B,C,T,H,W] -> [B,C p p,T,H/p,W/p].
torch::Tensor patchify(const torch::Tensor& video, int p = 4);
torch::Tensor unpatchify(const torch::Tensor& patches, int p = 4);
/// x / sqrt(mean_c(x^2) + 1e-8)
torch::Tensor pixel_norm(const torch::Tensor& x);
/// Channel ((c * t + dt) * hw + dh) * hw + dw <-> position, both directions.
torch::Tensor depth_to_space(const torch::Tensor& x, int t, int hw);
torch::Tensor space_to_depth(const torch::Tensor& x, int t, int hw);
/// [cos | sin] of timestep * 10000^(-i/128), i in 0..127, float32. [B] -> [B, 256].
torch::Tensor vae_timestep_sinusoid(const torch::Tensor& timestep);

enum class TimePadding { causal, centred };

/// Conv3d of kernel 3 with zero padding in space and replicated frames in time: two in front (causal) or one at each end (centred).
class CausalConv3dImpl : public torch::nn::Module {
public:
    CausalConv3dImpl(int in, int out);
    torch::Tensor forward(const torch::Tensor& x, TimePadding padding, VaeStreamCache* cache = nullptr);
    /// forward(silu(pixel_norm(x) * (1 + scale) + shift)). scale, shift [B or 1, C, 1, 1, 1] or both undefined. Norm, SiLU and padding are one
    /// pass where the device has it.
    torch::Tensor forward_normed(const torch::Tensor& x, const torch::Tensor& scale, const torch::Tensor& shift, TimePadding padding, VaeStreamCache* cache = nullptr);

private:
    torch::Tensor convolve(const torch::Tensor& padded);

    torch::nn::Conv3d conv{nullptr};
};
TORCH_MODULE(CausalConv3d);

/// linear_2(SiLU(linear_1(sinusoid))), under the published name `timestep_embedder`.
class VaeTimeEmbedderImpl : public torch::nn::Module {
public:
    explicit VaeTimeEmbedderImpl(int width);
    torch::Tensor forward(const VaeDecodeContext& context);  // [B, width, 1, 1, 1]

private:
    std::shared_ptr<torch::nn::Module> timestep_embedder;
    torch::nn::Linear linear_1{nullptr}, linear_2{nullptr};
};
TORCH_MODULE(VaeTimeEmbedder);

struct VaePass {
    TimePadding padding = TimePadding::causal;
    VaeStreamCache* cache = nullptr;      // streams of causal halves
    VaeDecodeContext* decode = nullptr;   // decoder only
};

/// One entry of the published down_blocks / up_blocks lists.
class VaeBlock : public torch::nn::Module {
public:
    virtual torch::Tensor forward(const torch::Tensor& x, VaePass& pass) = 0;
};

enum class BlockSide { encoder, decoder };

std::shared_ptr<VaeBlock> make_vae_block(const VaeBlockSpec& spec, const VaeConfig& config, BlockSide side);

}  // namespace mirrorme
