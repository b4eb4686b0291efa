#pragma once
// The diffusion transformer: LTX-Video's, with a reference picture, a voice, hands and a style. Predicts the velocity of the
// rectified flow (denoise/rectified_flow.h). Every module of ours adds nothing until it is trained, so published LTX-Video
// weights run here as they do at home. Source of the formulas: diffusers transformer_ltx.py.

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "denoise/attention_plan.h"
#include "denoise/conditioning.h"
#include "denoise/dit_block.h"
#include "denoise/positions.h"
#include "denoise/token_modules.h"
#include "features/pose_encoder.h"

namespace mirrorme {

/// Which blocks of a pass are perturbed, and how.
struct PerturbedBlocks {
    Perturbation kind = Perturbation::none;
    std::vector<int> blocks;
};

/// One pass over whole clips: training, and clips made in one go. B = batch, T' = latent frames.
struct DitPass {
    torch::Tensor noisy;         // [B, C, T', h, w]
    torch::Tensor time;          // [B] or [B, T'], 0 (clean) .. 1 (noise)
    torch::Tensor history;       // [B, C, T', h, w] the same frames finished (Note [Teacher forcing]); undefined = none
    Conditioning conditioning;
    FirstLatent start = FirstLatent::still;
    LatentIndex first_latent = 0;              // of noisy, since the stream's start
    std::optional<ContextConfig> context = {}; // instead of the configuration's
    PerturbedBlocks perturbed = {};
};

/// One pass as the published transformer takes it. All of it in float32.
struct LtxPass {
    torch::Tensor tokens;       // [B, N, C]
    torch::Tensor timestep;     // [B] or [B, N], 0 .. 1000
    torch::Tensor coordinates;  // [3, N] or [B, 3, N]: seconds, pixel rows, pixel columns
    torch::Tensor text, text_mask;  // [B, L, caption_channels], [B, L] 1/0 or undefined
};

/// Times as every block and the head use them; G rows for N / G tokens each. A row depends on its time alone: keep and reuse it.
struct DitTimes {
    std::vector<torch::Tensor> blocks;  // one a block, [B, G, 6, D]
    torch::Tensor embedded;             // [B, G, D]
};

// Note [A text of one token]
// Attention to a single key gives its value, whatever the query asks: softmax over one is 1. So a text of one token, and a model without a prompt has no
// other, says the same to every token of the video: to_out(to_v(token)), a row for each block that is made once. What is saved in every call is two of a
// block's 16 D x D products and four passes over the tokens; with give_up_text() also the weights, a tenth of the transformer's.

/// Text as every block uses it: made once per prompt.
struct TextContext {
    std::vector<KeysValues> blocks;   // of a text of several tokens
    torch::Tensor mask;               // additive [B, 1, 1, L] or undefined
    std::vector<torch::Tensor> rows;  // of a text of one, [B, 1, D]; both empty = the model has no text
};

/// What one run through the blocks is given. Everything but `times` and `rope` may be left out.
struct DitRun {
    DitTimes times;
    RopeTable rope;
    torch::Tensor mask;                                    // [N, N] true = sees
    const TextContext* text = nullptr;
    const AudioContext* audio = nullptr;
    std::vector<AttentionWorkspace>* workspace = nullptr;  // one a block
    std::vector<KeysValues>* record = nullptr;             // one a block
    const PerturbedBlocks* perturbed = nullptr;
    torch::Tensor keep_k;                                  // [L, B, N, D] or undefined: see BlockPass
};

class DitModelImpl : public torch::nn::Module {
public:
    explicit DitModelImpl(const DitConfig& config);

    /// Velocity [B, C, T', h, w].
    torch::Tensor forward(const DitPass& pass);
    /// Velocity [B, N, C].
    torch::Tensor forward_tokens(const LtxPass& pass);

    // The pieces of a pass, for streams (denoise/denoiser.h).
    /// Latents [B, C, F, h, w] of frames (or of the identity) -> tokens [B, F * S, D]; pose as pose_tokens gives it, or undefined.
    torch::Tensor embed_frames(const torch::Tensor& latents, const torch::Tensor& pose);
    torch::Tensor embed_identity(const torch::Tensor& latent);
    /// timestep [B, G] in 0..1000, float32; style rows [B, N, 6 D] as style_rows gives them, or undefined.
    DitTimes times(const torch::Tensor& timestep, const torch::Tensor& style, int64_t tokens);
    /// What times() makes of its rows: embedded [B, G, D], modulation [B, G, 6 D].
    DitTimes times_from(const TimeRows& rows, const torch::Tensor& style, int64_t tokens);
    /// Rows [R, .] of times [R] in 0..1000.
    TimeRows time_rows(const torch::Tensor& timestep);
    TextContext text_context(const torch::Tensor& text, const torch::Tensor& mask);
    /// [B, F * S, D] or undefined when the model takes no pose.
    torch::Tensor pose_tokens(const Conditioning& conditioning, int64_t frames, const LatentGrid& grid);
    /// [B, F * S, 6 D] or undefined when there is no style.
    torch::Tensor style_rows(const Conditioning& conditioning, int64_t frames, const LatentGrid& grid);
    /// Keys and values of every block, [L, B, T' (n + 1), D], not rotated, of audio tokens [B, T', n + 1, D_a]; silent [B, T'] bool or undefined.
    KeysValues audio_keys_values(const torch::Tensor& audio, const torch::Tensor& silent);
    /// Tokens [B, N, D] through all blocks.
    torch::Tensor run(torch::Tensor x, const DitRun& run);
    /// Tokens of frames -> velocity [B, F * S, C]; `embedded` = the times' rows of these tokens.
    torch::Tensor head(const torch::Tensor& x, const torch::Tensor& embedded);

    /// Joins what can be joined for running without gradients; call after loading and moving. Parameters keep their names and may still be loaded into and trained.
    void prepare_for_inference();
    // Note [Which linears are e4m3]
    // Of every block but the first and the last: queries, keys and values of self-attention, and both of the feed-forward, 11 of the 16 D x D products of
    // a block with text and sound (of 14 where the text is one token). Their inputs are normed rows or what GELU makes of such, whose values lie close enough together for 3 bits. In the
    // model's own type stay: what ends in the residual stream and is small beside it or starts at zero (to_out, the audio adapter), what reads the residual
    // stream as it is, whose outliers set a row's scale (queries of the text), what is made once a time or a prompt and reaches every token (times, AdaLN,
    // text), the ends of the network (proj_in, proj_out, first and last block), and all norms. Attention itself multiplies the model's type.
    /// Makes those linears e4m3, for good and without gradients; their weights leave the module's parameters. After loading and moving.
    void quantise_linears();
    /// From now on there is no text but the null one, and no weights of text besides: Note [A text of one token]. After loading and moving.
    void give_up_text();
    /// Weights for training from nothing: velocity starts at zero, blocks start open. Without it the values are LTX's defaults.
    void initialise();

    const DitConfig& config() const { return config_; }
    torch::Device device() const { return proj_in->weight.device(); }
    torch::ScalarType type() const { return proj_in->weight.scalar_type(); }

private:
    void join_sound_projections();
    bool sound_projections_joined() const;
    AudioContext hear(const DitPass& pass, const SequencePlan& plan, const LatentGrid& grid);

    DitConfig config_;
    torch::nn::Linear proj_in{nullptr}, proj_out{nullptr};
    TimeEmbedding time_embed{nullptr};
    TwoLinear caption_projection{nullptr};
    torch::Tensor scale_shift_table;  // [2, D]: shift, scale of the head
    torch::nn::ModuleList transformer_blocks{nullptr};
    std::vector<DitBlock> blocks_;
    // ours
    torch::Tensor silence_token, null_text;
    PartProjection part_in{nullptr}, part_out{nullptr}, identity_in{nullptr};
    StyleGate style_gate{nullptr};
    std::shared_ptr<PoseEncoder> pose_embed;
    TextContext only_text_;  // after give_up_text()
    // Note [The sound in every block at once]
    // A chunk's few audio tokens become keys and values in every block: two small products and a norm each, 84 operations at full size, whose launches take
    // longer than their work. Joined they are one batched product and one norm, and the cache turns and remembers all blocks together, so that the sound needs
    // no graph of its own.
    torch::Tensor sound_weight_, sound_bias_, sound_norm_;  // [2 L, D, D_a], [2 L, 1, D], [L, 1, 1, D]: keys of all blocks, then values; undefined = not joined
};
TORCH_MODULE(DitModel);

/// [B, C, F, h, w] <-> [B, F * h * w, C].
torch::Tensor latents_to_tokens(const torch::Tensor& latents);
torch::Tensor tokens_to_latents(const torch::Tensor& tokens, const LatentGrid& grid);

/// True for the names that published LTX-Video weights have; the rest is ours and may be missing from a file.
bool is_ltx_tensor(const std::string& name);

}  // namespace mirrorme
