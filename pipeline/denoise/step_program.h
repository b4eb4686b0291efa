#pragma once
// The transformer's calls for one stream's chunks of one length, as captured work (ops/captured_work.h): one piece of work serves all
// steps, the rows of the time in hand are chosen by an index on the device. Sources of the equations: denoiser.cpp, which computes the same.

#include <torch/torch.h>

#include <memory>

#include "denoise/context_cache.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "ops/captured_work.h"

namespace mirrorme {

/// What the transformer and the sampler need of every time, a row each; the last is time 0. On the model's device, never moved.
struct StepTable {
    torch::Tensor blocks;      // [R, L, 6, D] modulation with the blocks' own tables
    torch::Tensor modulation;  // [R, 6 D] without
    torch::Tensor embedded;    // [R, D]
    torch::Tensor factors;     // [R, 3] float32: t, t - next, next

    bool defined() const { return blocks.defined(); }
    /// Rows of falling `times` and of 0; into the same memory where it is large enough for them.
    void fill(DitModelImpl& model, const std::vector<double>& times);
};

class StepProgram {
public:
    StepProgram(DitModel model, const StreamShape& shape, int64_t frames);

    /// Of one chunk, [B or 1, N, .] each, or undefined. Copied.
    struct Told {
        torch::Tensor pose, style, gate;
    };
    /// The chunk begins: what it is told, and what it sees and hears (`cache` after begin_chunk and load_context of any level). The cache's gate is
    /// from then on the program's copy.
    void begin(const Told& told, ContextCache& cache, const StepTable& table, SamplerKind kind);
    /// x [B, C, c, h, w], the noise of the start or frames that are known.
    void set_latents(const torch::Tensor& x) { x_.copy_(x); }
    const torch::Tensor& latents() const { return x_; }
    /// Noise that a stochastic step adds.
    void set_fresh(const torch::Tensor& noise) { fresh_.copy_(noise); }

    /// One call at the table's row `row`, then one step of the sampler.
    void step(int64_t row);
    /// One call whose velocity nobody asks for.
    void look(int64_t row);
    /// Normalised, unrotated keys that the last call left [L, B, N, D]; the values are in the cache's workspaces.
    const torch::Tensor& keys() const { return keep_k_; }

    const CapturedWork::Counts& counts() const { return work_.counts(); }

private:
    struct Call;
    void call(int64_t row, bool update);
    torch::Tensor fixed(torch::Tensor& memory, const torch::Tensor& value);

    DitModel model_;
    LatentGrid grid_;
    torch::Tensor x_, fresh_, index_, keep_k_;
    torch::Tensor pose_, style_, gate_;
    std::shared_ptr<const Call> call_;  // of the chunk in hand
    WorkKey key_;
    CapturedWork work_;
};

}  // namespace mirrorme
