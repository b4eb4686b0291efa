#pragma once
// A bundle's modules, built from its configurations and filled with its weights: immutable from then on, shared by sessions.

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/codec.h"
#include "core/remark.h"
#include "denoise/dit_model.h"
#include "denoise/guidance.h"
#include "denoise/rectified_flow.h"
#include "engine/compute.h"
#include "features/audio_frontend.h"
#include "weights/bundle.h"

namespace mirrorme {

/// What was found in a picture.
struct FoundPoints {
    KeyPointFrame points;  // pixels of the picture
    float presence = 0;    // 0 no face .. 1 certainly one
};
using PointsFinder = std::function<FoundPoints(const RgbaImage&)>;

struct Model {
    std::filesystem::path directory;  // where it was read from, for messages
    BundleManifest manifest;
    torch::Device device = torch::kCPU;        // of ears and transformer
    torch::Device codec_device = torch::kCPU;  // codec motion stays in host memory, where it draws
    AudioFrontEnd front_end{nullptr};
    DitModel denoiser{nullptr};
    SamplerConfig sampler;
    torch::Tensor text;       // [1, L, D] the bundle's prompt; undefined = none
    GuidanceConfig guidance;  // of clips made in one go; "guidance" in config.sampler
    std::shared_ptr<Codec> codec;
    PointsFinder find_points;  // empty: the bundle has no key-point net
    std::vector<Remark> warnings;  // what this model cannot do, for people

    /// Steps for a wish (0 = the bundle's default): the most that it supports and that are not more, else its fewest.
    int steps_for(std::int64_t wanted) const;
    int fewest_steps() const;
    /// The bundle's sampler with `steps` steps; schedules that are a fixed list stay as they are.
    SamplerConfig sampler_with(int steps) const;
};

/// Reads and checks the bundle, builds its modules and loads their weights: config sections "audio", "denoiser", "sampler", "codec" (whose
/// "kind" chooses the class), tensors "audio.*", "denoiser.*", "codec.*". Device worker's thread. Error names file, section and field; nothing half-loaded
/// is ever returned. Error unsupported where `device` does not multiply what `compute` wants.
std::shared_ptr<const Model> load_model(const std::filesystem::path& bundle, torch::Device device, Compute compute = Compute::automatic);

/// What load_model checks and builds after the weights are there; also for tests and the trainer, which have modules without a bundle.
void check_model(const Model& model);

}  // namespace mirrorme
