#pragma once
// The transformer and the autoencoder that the chunk benches run: sizes, random weights, random inputs.

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "cli/chunk_bench.h"
#include "codec/vae/vae_codec.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"

namespace mirrorme::cli {

DitConfig transformer_of(const ChunkBenchConfig& bench);
/// Throws Error usage for a size that is none.
VaeCodecConfig codec_of(const ChunkBenchConfig& bench);

/// Moves the module, then fills it: large weights come into being where they are used, 2 billion random numbers on one core take a minute. Values depend on
/// device and type.
void randomise(torch::nn::Module& module, torch::Device device, torch::ScalarType type, std::uint64_t seed);

/// Multiplies e4m3 where the configuration says so. Throws Error unsupported where the device does not.
void prepare_linears(DitModel& model, const ChunkBenchConfig& bench);

struct BenchNetwork {
    DitModel transformer{nullptr};
    std::shared_ptr<VaeCodec> codec;
};
BenchNetwork make_network(const ChunkBenchConfig& bench);

/// What `latents` latent frames are told: random sound.
Conditioning random_told(const DitConfig& config, const ChunkBenchConfig& bench, int64_t latents);
/// A reference picture's latent [1, C, 1, h, w] on the CPU: random.
torch::Tensor random_identity(const DitConfig& config, const ChunkBenchConfig& bench);
SamplerConfig sampler_of(const ChunkBenchConfig& bench);

}  // namespace mirrorme::cli
