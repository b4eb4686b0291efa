#pragma once
// wav2vec2's stage: a row of the table in forward_stages.cpp.

#include "published/forward_stages.h"

namespace mirrorme {

TensorMap forward_wav2vec2(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);

}  // namespace mirrorme
