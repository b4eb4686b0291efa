#include "train/evaluation.h"

#include <algorithm>
#include <array>

#include "codec/motion/picture_reader.h"
#include "core/error.h"
#include "denoise/dit_config.h"
#include "train/codec_points_task.h"
#include "train/codec_renderer_task.h"
#include "train/motion_evaluation.h"
#include "train/stage_weights.h"

namespace mirrorme {
namespace {

using Figures = std::vector<std::pair<std::string, double>>;

Figures figures_of(const Metrics& metrics) {
    Figures figures;
    for (const auto& [name, value] : metrics.entries()) figures.emplace_back(name, value.item<double>());
    return figures;
}

/// Weights that must be there.
void fill(const StageWeights& weights, torch::nn::Module& module, const std::string& prefix) {
    if (!weights.load_into(module, prefix))
        throw Error(ErrorCode::unsupported, weights.description(), "has no tensors '" + prefix + "*'", "Only bundles with codec motion can be evaluated");
    module.eval();
}

EvaluatedPart evaluate_motion(const StageWeights& weights, const PerformanceMaker& performances, const EvaluationOptions& options) {
    const std::string& subject = weights.description();
    DitModel denoiser(dit_config_from_json(weights.config("denoiser"), subject));
    AudioFrontEnd audio(audio_frontend_config_from_json(weights.config("audio"), subject));
    PartMap parts(kMotionTemporal);
    fill(weights, *parts, "codec.part_map.");
    fill(weights, *denoiser, "denoiser.");
    fill(weights, *audio, "audio.");
    MotionEvaluationConfig config;
    config.clips = options.clips;
    config.steps = options.steps;
    config.gestures_asked = true;
    MotionEvaluation evaluation(config, parts, sampler_config_from_json(weights.config("sampler"), subject), performances);
    return {"motion", figures_of(evaluation.evaluate(denoiser, audio)), {}};
}

/// What a task says of its modules with the bundle's weights in them.
EvaluatedPart evaluate_task(TrainingTask& task, const StageWeights& weights, const EvaluationOptions& options) {
    for (const TrainedModule& m : task.modules()) fill(weights, *m.module, m.prefix);
    EvaluatedPart part{task.name(), figures_of(task.evaluate()), {}};
    if (options.sheets)
        part.sheets = task.preview();
    return part;
}

/// From true key points; and, as figures found_*, from those that the bundle's own net finds in the reference picture.
EvaluatedPart evaluate_renderer(const StageWeights& weights, const PerformanceMaker&, const EvaluationOptions& options) {
    const RendererConfig config = weights.config("renderer").get<RendererConfig>();
    RendererTask task(config, RendererSampling{});
    EvaluatedPart part = evaluate_task(task, weights, options);

    PointsNet net;
    fill(weights, *net, "codec.points_net.");
    RendererSampling live;
    live.find_points = [net](const RgbaImage& picture) mutable { return read_picture(net, picture).points; };
    RendererTask as_live(config, live);
    EvaluatedPart found = evaluate_task(as_live, weights, options);
    for (const auto& [name, value] : found.figures)
        if (name.starts_with("net_")) part.figures.emplace_back("found_" + name.substr(4), value);
    for (Preview& sheet : found.sheets) {
        sheet.name = "found-" + sheet.name;
        part.sheets.push_back(std::move(sheet));
    }
    return part;
}

EvaluatedPart evaluate_points(const StageWeights& weights, const PerformanceMaker&, const EvaluationOptions& options) {
    PointsTask task{PointsSampling{}};
    return evaluate_task(task, weights, options);
}

}  // namespace

std::vector<EvaluatedPart> evaluate_bundle(const std::filesystem::path& bundle, const PerformanceMaker& performances, const EvaluationOptions& options,
                                           const std::function<void(double)>& progress) {
    struct Part {
        const char* name;
        EvaluatedPart (*evaluate)(const StageWeights&, const PerformanceMaker&, const EvaluationOptions&);
    };
    constexpr std::array kParts{Part{"motion", evaluate_motion}, Part{"renderer", evaluate_renderer}, Part{"points", evaluate_points}};
    if (!options.only.empty() && std::none_of(kParts.begin(), kParts.end(), [&](const Part& part) { return options.only == part.name; }))
        throw Error(ErrorCode::usage, "--only " + options.only, "is no part of a bundle", "Choose motion, renderer or points");
    const torch::NoGradGuard no_gradients;
    StageWeights weights;
    weights.add(bundle);
    std::vector<EvaluatedPart> report;
    for (std::size_t i = 0; i < kParts.size(); ++i) {
        if (options.only.empty() || options.only == kParts[i].name) report.push_back(kParts[i].evaluate(weights, performances, options));
        progress(static_cast<double>(i + 1) / static_cast<double>(kParts.size()));
    }
    return report;
}

}  // namespace mirrorme
