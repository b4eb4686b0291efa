#pragma once
// The stages of LTX-Video: rows of the table in forward_stages.cpp.

#include "published/forward_stages.h"

namespace mirrorme {

TensorMap forward_transformer(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);
TensorMap forward_vae_encode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);
TensorMap forward_vae_decode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);

}  // namespace mirrorme
