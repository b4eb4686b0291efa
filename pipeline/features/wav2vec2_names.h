#pragma once
// Published wav2vec2 weights -> the tensors of Wav2Vec2. Source: transformers modeling_wav2vec2.py; torch.nn.utils.weight_norm.

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "features/wav2vec2_config.h"
#include "weights/safetensors.h"

namespace mirrorme {

struct TensorShape {
    std::string name;
    std::vector<std::int64_t> shape;
};

/// What Wav2Vec2(config) holds.
std::vector<TensorShape> wav2vec2_shapes(const Wav2Vec2Config& config);

// Note [Weight norm is folded]
// The positional convolution is published as a length and a direction for each tap k: weight[:, :, k] = g[k] v[:, :, k] / |v[:, :, k]|,
// under the names of either of torch's two implementations. Training may want them apart, running does not: the product is
// computed once, in double, when weights are read, and is all that Wav2Vec2 and a bundle know.

/// Every tensor of wav2vec2_shapes(config) out of a published file, in the file's type (the folded one in float32). Names as in
/// Wav2Vec2Model, or behind "wav2vec2." as files with a head have them; heads, masking and training leftovers are passed over.
/// Tensors look at the file's mapping where they can. Throws Error naming the file and the tensor: mismatch (missing, wrong
/// shape, unknown, not a floating type), unreadable (NaN or infinity).
std::vector<NamedTensor> read_wav2vec2(const SafetensorsFile& file, const Wav2Vec2Config& config);

}  // namespace mirrorme
