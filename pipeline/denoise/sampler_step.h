#pragma once
// One step of a sampler whose tokens are all at one time; tokens with times of their own: rectified_flow.h.

#include <torch/torch.h>

#include "denoise/sampler_kind.h"

namespace mirrorme {

/// x at time t with velocity v -> x at time `next`. used: bool, broadcasts against x, see Note [Channels that mean nothing]; undefined = all are.
/// fresh(): noise as x, asked for only where the sampler adds some.
template <class Fresh>
torch::Tensor sampler_step(SamplerKind kind, const torch::Tensor& x, torch::Tensor v, double t, double next, const torch::Tensor& used, Fresh&& fresh) {
    if (used.defined()) v = torch::where(used, v, x / t);
    if (kind == SamplerKind::euler || next == 0) return x - v * (t - next);
    return (x - v * t) * (1 - next) + fresh() * next;
}

}  // namespace mirrorme
