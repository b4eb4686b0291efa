#include "train/stages.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "core/error.h"
#include "core/json_fields.h"
#include "core/log.h"
#include "ops/processor.h"
#include "train/codec_points_task.h"
#include "train/codec_renderer_task.h"
#include "train/codec_vae_task.h"
#include "train/motion_parts.h"
#include "train/motion_task.h"
#include "train/mouth_reader_task.h"
#include "train/optional_fields.h"
#include "train/video_stage.h"
#include "train/video_task.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

/// Goes on from what an earlier stage left of the same modules, where there is any.
std::unique_ptr<TrainingTask> continued(std::unique_ptr<TrainingTask> task, const StageWeights& earlier) {
    for (const TrainedModule& m : task->modules()) earlier.load_into(*m.module, m.prefix);
    return task;
}

std::unique_ptr<TrainingTask> make_points(const StageInput& input) {
    PointsSampling sampling;
    const JsonObject task(input.config.task("points"), input.config.subject(), "stages.points.task");
    constexpr std::array<std::string_view, 3> kFields{"batch", "bodies", "comment"};
    task.refuse_unknown(kFields);
    if (task.has("batch")) sampling.batch = static_cast<int>(task.integer("batch", 1, 4096));
    sampling.bodies = std::min(sampling.bodies, sampling.batch);
    if (task.has("bodies")) sampling.bodies = static_cast<int>(task.integer("bodies", 1, sampling.batch));
    return continued(std::make_unique<PointsTask>(sampling), input.earlier);
}

std::unique_ptr<TrainingTask> make_renderer(const StageInput& input) {
    const auto& task = input.config.task("renderer");
    RendererSampling sampling;
    sampling.batch = task.value("batch", sampling.batch);
    sampling.targets = task.value("targets", sampling.targets);
    return continued(std::make_unique<RendererTask>(input.config.module("renderer").get<RendererConfig>(), sampling), input.earlier);
}

std::unique_ptr<TrainingTask> make_reader(const StageInput& input) {
    MouthReaderSampling sampling;
    const JsonObject task(input.config.task("reader"), input.config.subject(), "stages.reader.task");
    constexpr std::array<std::string_view, 5> kFields{"batch", "poses", "pool_characters", "characters_per_step", "comment"};
    task.refuse_unknown(kFields);
    read(task, "batch", 1, 4096, sampling.batch);
    read(task, "poses", 2, 1000, sampling.poses);
    read(task, "pool_characters", 1, 10'000, sampling.pool_characters);
    read(task, "characters_per_step", 0, 1000, sampling.characters_per_step);
    return continued(std::make_unique<MouthReaderTask>(sampling), input.earlier);
}

/// The clips that the stages named in "clips_of" learn from; none when there is no such field.
std::vector<VaeClips> clips_of_stages(const StageInput& input, const JsonObject& task, const VaeConfig& config, const VaeSampling& sampling) {
    std::vector<VaeClips> clips;
    if (!task.has("clips_of")) return clips;
    const VideoShape shape{.width = sampling.width, .height = sampling.height, .cell = config.spatial_stride(), .temporal = config.temporal_stride()};
    for (const nlohmann::json& stage : task.array("clips_of", 16)) {
        if (!stage.is_string() || !input.config.has_part(stage.get<std::string>())) task.wrong("clips_of", "names no stage of this file: " + stage.dump(), "Name stages such as \"face\"");
        const auto name = stage.get<std::string>();
        const VideoSampling of_stage = parse_video_task(name, JsonObject(input.config.task(name), input.config.subject(), "stages." + name + ".task")).sampling;
        const int length = 1 + shape.temporal * std::max(of_stage.latents, of_stage.clip_latents);
        if (of_stage.clips_per_step != 0 || length < sampling.frames || sampling.size != sampling.width || sampling.size != sampling.height)
            task.wrong("clips_of", "stage '" + name + "' has no fixed clips of this size", "Give it clips_per_step 0 and clips of at least " + std::to_string(sampling.frames) + " frames, and the codec whole frames");
        clips.push_back({of_stage, std::make_shared<VideoPool>(video_clip_maker(shape, of_stage, performances_from(input.speech)))});
    }
    return clips;
}

std::unique_ptr<TrainingTask> make_vae(const StageInput& input) {
    const JsonObject task(input.config.task("vae"), input.config.subject(), "stages.vae.task");
    const VaeConfig config = vae_config_from_json(input.config.module("vae"));
    const VaeSampling sampling = parse_vae_task(task);
    return continued(std::make_unique<VaeTask>(config, sampling, performances_from(input.speech), clips_of_stages(input, task, config, sampling)), input.earlier);
}

FittedModules fit_part_map(const StageInput& input, std::uint64_t data_seed) {
    PartFitOptions options;
    options.clips = input.config.task("parts").value("clips", options.clips);
    options.data_seed = data_seed;
    PartMap map(kMotionTemporal);
    fit_parts(map, performances_from(input.speech), options);
    return {{{"codec.part_map.", map.ptr(), 1}}, nlohmann::json::object()};
}

/// Stages face, half_body, hands, stream: the same modules, other lessons.
std::unique_ptr<TrainingTask> make_motion(const std::string& stage, const StageInput& input) {
    const TrainingConfig& config = input.config;
    MotionModules modules;
    modules.denoiser = DitModel(dit_config_from_json(config.module("denoiser"), config.subject()));
    modules.audio = AudioFrontEnd(audio_frontend_config_from_json(config.module("audio"), config.subject()), config.subject());
    modules.denoiser->initialise();
    const AudioFrontEndConfig& audio = modules.audio->config();
    modules.probe = MouthProbe((audio.encoder.tokens + 1) * audio.encoder.width, kLatentChannels);
    modules.parts = PartMap(kMotionTemporal);
    modules.sampler = sampler_config_from_json(config.module("sampler"), config.subject());
    if (!input.earlier.load_into(*modules.parts, "codec.part_map."))
        throw Error(ErrorCode::usage, "stage '" + stage + "'", "needs the part map of the codec stage", "Train codec first and name its folder with --init");
    const JsonObject task(config.task(stage), config.subject(), "stages." + stage + ".task");
    MotionTaskConfig wanted = parse_motion_task(stage, task);
    if (!input.footage.empty()) wanted.sampling.clips.footage = std::make_shared<const FootageLibrary>(input.footage, kMotionTemporal, wanted.sampling.clips.latents);
    return continued(std::make_unique<MotionTask>(wanted, modules, performances_from(input.speech)), input.earlier);
}

Stage motion_stage(const std::string& name, const std::string& purpose) {
    return {name, purpose, {{name, [name](const StageInput& input) { return trains_on_pictures(input) ? make_video_task(name, input) : make_motion(name, input); }}}};
}

void write_fitted(const FittedModules& fitted, std::uint64_t data_seed, const fs::path& folder, const RunOptions& options) {
    RunState state;
    state.plan = {{"data_seed", data_seed}};
    state.task = folder.filename().string();
    state.description = fitted.description;
    state.sessions.push_back({{"command", options.command}, {"hardware", options.hardware}});
    fs::create_directories(folder);
    write_checkpoint(folder / "checkpoint", state, fitted.modules, Optimizer(fitted.modules, RunPlan{}));
}

RunPlan plan_of(const StageRequest& request, const TrainingConfig& config, const std::string& part, const torch::Device& device) {
    RunPlan plan = config.run_plan(part);
    if (plan.precision == Precision::bf16 && device.is_cpu() && !has_fast_bfloat16() && !request.precision) {
        log_info(part + ": this processor has no instructions for bf16, so it is trained in f32");
        plan.precision = Precision::f32;
    }
    if (request.minutes) plan.minutes = *request.minutes, plan.steps = 0;
    if (request.steps) plan.steps = *request.steps, plan.minutes = request.minutes.value_or(0);
    plan.seed = request.seed.value_or(plan.seed);
    plan.data_seed = request.data_seed.value_or(plan.data_seed);
    plan.data_threads = request.data_threads.value_or(plan.data_threads);
    if (request.precision) plan.precision = *request.precision == "bf16" ? Precision::bf16 : Precision::f32;
    return plan;
}

/// Folder of a part below `base`: the stage's own when the stage has one part.
fs::path folder_of(const Stage& stage, const std::string& part, const fs::path& base) {
    return base.empty() || stage.parts.size() == 1 ? base : base / part;
}

}  // namespace

const std::vector<Stage>& stages() {
    static const std::vector<Stage> all{
        {"codec", "key points and renderer, or an autoencoder, from drawn characters", {{"parts", {}, fit_part_map}, {"points", make_points}, {"renderer", make_renderer}, {"vae", make_vae}}},
        motion_stage("face", "the denoiser: from sound to the face"),
        motion_stage("half_body", "the denoiser: head, torso and hands go with the face"),
        motion_stage("hands", "the denoiser: gestures that are asked for"),
        motion_stage("stream", "the denoiser: long streams from its own past"),
        {"reader", "a judge of generated mouths for 'mirrorme eval', used in no loss", {{"reader", make_reader}}},
    };
    return all;
}

const Stage& find_stage(const std::string& name) {
    std::vector<std::string_view> names;
    std::string listed;
    for (const Stage& stage : stages()) {
        if (stage.name == name) return stage;
        names.push_back(stage.name);
        listed += (listed.empty() ? "" : ", ") + stage.name;
    }
    const std::string nearest = nearest_name(name, names);
    throw Error(ErrorCode::usage, "stage '" + name + "'", "is unknown", nearest.empty() ? "Choose one of " + listed : "Did you mean '" + nearest + "'?");
}

RunEnd run_stage(const Stage& stage, const StageRequest& request, const RunOptions& options) {
    const TrainingConfig config(request.config);
    const std::uint64_t data_seed = request.data_seed.value_or(1);  // of what is fitted
    StageWeights earlier;
    for (const fs::path& path : request.earlier) earlier.add(path);
    const auto wanted = [&](const StagePart& part) { return request.only.empty() ? config.has_part(part.name) : part.name == request.only; };
    if (std::none_of(stage.parts.begin(), stage.parts.end(), wanted)) {
        if (request.only.empty()) throw Error(ErrorCode::usage, config.subject(), "says nothing of stage '" + stage.name + "'", "Give another --config, or add \"" + stage.parts.front().name + "\" to its \"stages\"");
        throw Error(ErrorCode::usage, "--only " + request.only, "is no part of stage '" + stage.name + "'", "Leave --only out to train all parts");
    }
    for (const StagePart& part : stage.parts) {
        const fs::path folder = folder_of(stage, part.name, request.output);
        if (wanted(part) && part.fit) {
            if (options.start == RunStart::fresh || !fs::exists(folder / "checkpoint"))
                write_fitted(part.fit({config, earlier, request.speech, request.footage}, data_seed), data_seed, folder, options);
        } else if (wanted(part)) {
            const RunPlan plan = plan_of(request, config, part.name, options.device);
            torch::manual_seed(plan.seed);  // the initial weights
            const std::unique_ptr<TrainingTask> task = part.make({config, earlier, request.speech, request.footage});
            RunOptions own = options;
            own.directory = folder;
            own.export_directory = folder_of(stage, part.name, options.export_directory);
            own.compact_start = folder_of(stage, part.name, options.compact_start);
            if (Trainer(*task, plan, own).run() == RunEnd::stopped) return RunEnd::stopped;
        }
        if (fs::exists(folder / "checkpoint")) earlier.add(folder);
    }
    return RunEnd::finished;
}

}  // namespace mirrorme
