#pragma once
// Parameters of several layers in one piece of memory, so that one product computes what several did.

#include <torch/torch.h>

#include <vector>

namespace mirrorme {

/// The values of `parameters`, all of one shape, as one tensor [n, ...]. Each parameter is its row of it from now on: it keeps its name, and may still be
/// loaded into and trained. Call without gradients and outside inference mode, whose tensors parameters cannot hold.
torch::Tensor join_parameters(const std::vector<torch::Tensor>& parameters);

/// Whether they still are: a module that is moved to another device or type gives each of its parameters memory of its own. `joined`: that tensor in any
/// shape, or undefined.
bool are_joined(const torch::Tensor& joined, const std::vector<torch::Tensor>& parameters);

}  // namespace mirrorme
