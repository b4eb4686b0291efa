#pragma once
// One transformer block: LTX's self-attention, text cross-attention and feed-forward, with our audio adapter before the last.

#include <torch/torch.h>

#include "denoise/audio_adapter.h"
#include "denoise/dit_layers.h"

namespace mirrorme {

/// Memory in which one block's self-attention finds the context's keys and values and puts its own behind them (streams only).
struct AttentionWorkspace {
    torch::Tensor k, v;     // [B, >= context + N, D]; k rotated
    int64_t context = 0;    // tokens of the context, at the front
};

/// What a block leaves out in a pass that is made worse on purpose (denoise/guidance.h).
enum class Perturbation {
    none,
    attention_values,  // each token's own value for what attention mixes
    attention_skip,    // attention's input for its output
    block_skip,        // the whole block
};

/// What one block is given in one pass besides its tokens.
struct BlockPass {
    torch::Tensor modulation;                 // [B, G, 6, D], G rows for N / G tokens each
    const RopeTable* rope = nullptr;          // of the tokens
    torch::Tensor mask;                       // [N, N] true = sees; undefined = all
    const AttentionWorkspace* workspace = nullptr;
    KeysValues* record = nullptr;             // receives the tokens' normalised, unrotated keys, and values; the latter may lie in the workspace
    torch::Tensor keep_k;                     // [B, N, D], with a workspace: memory for those keys, where a record's must stay in one place
    const KeysValues* text = nullptr;         // null = no text cross-attention
    torch::Tensor text_mask;                  // additive [B, 1, 1, L] or undefined
    torch::Tensor text_row;                   // [B, 1, D] instead of the two: see TextContext
    const KeysValues* audio_tokens = nullptr; // null = hears nothing
    const AudioContext* audio = nullptr;
    Perturbation perturbation = Perturbation::none;
};

class DitBlockImpl : public torch::nn::Module {
public:
    DitBlockImpl(const DitConfig& config, int layer);

    /// x [B, N, D] -> [B, N, D]; x's memory is reused where no gradient is wanted.
    torch::Tensor forward(torch::Tensor x, const BlockPass& pass);

    /// Self-attention's projections and the feed-forward multiply e4m3 from now on; for running without gradients.
    void quantise();
    /// Forgets the attention to the text and its weights: from now on a pass may have a text_row, and no text.
    void give_up_text();

    const torch::Tensor& table() const { return scale_shift_table; }
    DitAttention& self_attention() { return attn1; }
    DitAttention& text_attention() { return attn2; }
    AudioAdapter& adapter() { return audio_adapter; }

private:
    /// What one operation of norm and modulation needs: [B, G, D] each.
    struct Modulation {
        torch::Tensor scale, shift;
    };
    Modulation modulation_of(const BlockPass& pass, int64_t first_row, const NormWeight& norm) const;
    torch::Tensor attend_self(const torch::Tensor& x, const BlockPass& pass);
    torch::Tensor attend_in_place(const DitAttentionImpl::Projected& p, const BlockPass& pass);
    torch::Tensor listen(torch::Tensor x, const BlockPass& pass);

    torch::Tensor scale_shift_table;  // [6, D]: shift, scale, gate of attention, shift, scale, gate of the feed-forward
    double norm_eps_;
    NormWeight norm1{nullptr}, norm2{nullptr};  // before attention, before the feed-forward; null without weights
    DitAttention attn1{nullptr}, attn2{nullptr};
    AudioAdapter audio_adapter{nullptr};
    FeedForward ff{nullptr};
};
TORCH_MODULE(DitBlock);

}  // namespace mirrorme
