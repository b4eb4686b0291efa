#include "train/evaluation.h"

#include <algorithm>
#include <array>

#include "codec/motion/picture_reader.h"
#include "core/error.h"
#include "denoise/dit_config.h"
#include "train/codec_points_task.h"
#include "train/codec_renderer_task.h"
#include "train/long_take.h"
#include "train/motion_evaluation.h"
#include "train/mouth_reader.h"
#include "train/spoken_pictures.h"
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

/// The bundle's denoiser and ears.
struct Speaker {
    explicit Speaker(const StageWeights& weights)
        : denoiser(dit_config_from_json(weights.config("denoiser"), weights.description())),
          audio(audio_frontend_config_from_json(weights.config("audio"), weights.description())),
          parts(kMotionTemporal), sampler(sampler_config_from_json(weights.config("sampler"), weights.description())) {
        fill(weights, *parts, "codec.part_map.");
        fill(weights, *denoiser, "denoiser.");
        fill(weights, *audio, "audio.");
    }
    MotionEvaluation evaluation(const PerformanceMaker& performances, int clips, const std::vector<int>& steps, int seconds = 8) const {
        MotionEvaluationConfig config;
        config.clips = clips;
        config.steps = steps;
        config.latents = seconds * 24 / kMotionTemporal;
        config.gestures_asked = true;
        return {config, parts, sampler, performances};
    }
    DitModel denoiser;
    AudioFrontEnd audio;
    PartMap parts;
    SamplerConfig sampler;
};

EvaluatedPart evaluate_motion(const StageWeights& weights, const PerformanceMaker& performances, const EvaluationOptions& options) {
    Speaker speaker(weights);
    return {"motion", figures_of(speaker.evaluation(performances, options.clips, options.steps).evaluate(speaker.denoiser, speaker.audio)), {}};
}

Renderer renderer_of(const StageWeights& weights) {
    Renderer renderer(weights.config("renderer").get<RendererConfig>());
    fill(weights, *renderer, "codec.renderer.");
    return renderer;
}

/// Denoiser and renderer together.
EvaluatedPart evaluate_pictures(const StageWeights& weights, const PerformanceMaker& performances, const EvaluationOptions& options) {
    constexpr int kMostClips = 12, kEvery = 8;
    Speaker speaker(weights);
    Renderer renderer = renderer_of(weights);
    MouthReader reader{nullptr};
    if (!options.reader.empty()) {
        StageWeights trained;
        trained.add(options.reader);
        reader = MouthReader();
        fill(trained, *reader, kMouthReaderPrefix);
    }
    MotionEvaluation evaluation = speaker.evaluation(performances, std::min(options.clips, kMostClips), options.steps);
    RolloutOptions rollout{.steps = options.steps.back(), .rest = RolloutOptions::Rest::truth};
    SpokenMouths mouths{.own = evaluation.generate(speaker.denoiser, speaker.audio, rollout)};
    rollout.sound_of = 1;
    mouths.shuffled = evaluation.generate(speaker.denoiser, speaker.audio, rollout);
    SpokenPictures judged = judge_spoken_pictures({renderer, reader}, evaluation.clips(), mouths, evaluation.first_frame(), kEvery);
    EvaluatedPart part{"pictures", std::move(judged.figures), {}};
    if (options.sheets) part.sheets.push_back(std::move(judged.sheet));
    return part;
}

/// The same after minutes of speech.
EvaluatedPart evaluate_identity(const StageWeights& weights, const PerformanceMaker& performances, const EvaluationOptions& options) {
    constexpr int kClips = 6;
    Speaker speaker(weights);
    Renderer renderer = renderer_of(weights);
    MotionEvaluation evaluation = speaker.evaluation(performances, std::min(options.clips, kClips), options.steps, 60 * options.minutes);
    const std::vector<MotionTrack> tracks = evaluation.generate(speaker.denoiser, speaker.audio, {.steps = options.steps.back()});
    LongTakes judged = judge_long_takes(renderer, evaluation.clips(), evaluation.truths(), tracks, evaluation.first_frame());
    EvaluatedPart part{"identity", std::move(judged.figures), {}};
    if (options.sheets) part.sheets.push_back(std::move(judged.sheet));
    return part;
}

/// Where there is no truth: how the mouth follows the loudness of each set, and of another clip of it.
EvaluatedPart evaluate_recorded(const StageWeights& weights, const PerformanceMaker&, const EvaluationOptions& options) {
    constexpr int kClips = 8;
    EvaluatedPart part{"recorded", {}, {}};
    Speaker speaker(weights);
    for (const auto& [name, performances] : options.recorded) {
        MotionEvaluation evaluation = speaker.evaluation(performances, kClips, options.steps);
        const std::vector<MotionTrack> tracks = evaluation.generate(speaker.denoiser, speaker.audio, {.steps = options.steps.back()});
        double own = 0, other = 0;
        for (std::size_t c = 0; c < tracks.size(); ++c) {
            std::vector<float> opening;
            for (const KeyPointFrame& frame : tracks[c]) opening.push_back(lip_opening(frame));
            const auto audible = [&](std::size_t clip) {  // what is below 50 dB under the loudest frame is silence to a mouth
                std::vector<float> levels = evaluation.truths()[clip].loudness;
                const float floor = *std::max_element(levels.begin(), levels.end()) - 50;
                for (float& level : levels) level = std::max(level, floor);
                return levels;
            };
            own += correlation(audible(c), opening) / static_cast<double>(tracks.size());
            other += correlation(audible((c + 1) % tracks.size()), opening) / static_cast<double>(tracks.size());
        }
        part.figures.emplace_back(name + "_envelope", own);
        part.figures.emplace_back(name + "_shuffled", other);
    }
    return part;
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
        bool always = true;  // also where nothing is asked for by name
    };
    constexpr std::array kParts{Part{"motion", evaluate_motion},     Part{"pictures", evaluate_pictures}, Part{"renderer", evaluate_renderer},
                                Part{"points", evaluate_points},     Part{"identity", evaluate_identity, false}};
    if (!options.only.empty() && options.only != "recorded" && std::none_of(kParts.begin(), kParts.end(), [&](const Part& part) { return options.only == part.name; }))
        throw Error(ErrorCode::usage, "--only " + options.only, "is no part of a bundle", "Choose motion, pictures, renderer, points, identity or recorded");
    const torch::NoGradGuard no_gradients;
    StageWeights weights;
    weights.add(bundle);
    std::vector<EvaluatedPart> report;
    for (std::size_t i = 0; i < kParts.size(); ++i) {
        if (options.only.empty() ? kParts[i].always : options.only == kParts[i].name) report.push_back(kParts[i].evaluate(weights, performances, options));
        progress(static_cast<double>(i + 1) / static_cast<double>(kParts.size()));
    }
    if (!options.recorded.empty() && (options.only.empty() || options.only == "recorded")) report.push_back(evaluate_recorded(weights, performances, options));
    return report;
}

}  // namespace mirrorme
