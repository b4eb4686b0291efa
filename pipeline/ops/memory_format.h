#pragma once
#include <torch/torch.h>

namespace mirrorme {

/// Lays every 4-D and 5-D parameter out channels-last, in place: convolutions of channels-last pictures then need no reordering.
void to_channels_last(torch::nn::Module& module);

}  // namespace mirrorme
