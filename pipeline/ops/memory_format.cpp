#include "ops/memory_format.h"

namespace mirrorme {

void to_channels_last(torch::nn::Module& module) {
    const torch::NoGradGuard no_grad;
    for (torch::Tensor& parameter : module.parameters()) {
        if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast));
        if (parameter.dim() == 5) parameter.set_data(parameter.contiguous(torch::MemoryFormat::ChannelsLast3d));
    }
}

}  // namespace mirrorme
