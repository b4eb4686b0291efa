#include "engine/local_engine.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/json_fields.h"
#include "core/log.h"
#include "engine/chunk_pipeline.h"
#include "engine/clip_pipeline.h"
#include "engine/device_thread.h"
#include "engine/identity.h"
#include "engine/session/worker_session.h"
#include "ops/captured_work.h"
#include "ops/device.h"
#include "ops/device_runtime.h"
#include "weights/bundle.h"

namespace mirrorme {
namespace {

// Note [Measuring L]
// Whoever adds an avatar waits for this, and so do the other sessions of the engine: a few chunks, not a benchmark. The person in them keeps still, and
// raised hands cost more, so the longest is taken with a third on top; a reader's slack (SessionConfig::slack_ns) comes beside it.
constexpr int kWarmUpChunks = 3;          // the first ones build kernels and caches
constexpr int kMeasuredChunks = 6;
constexpr std::int64_t kMostMeasuringNs = 4'000'000'000;  // after which a model is measured by its last chunk alone
constexpr std::int64_t kBusyNum = 4, kBusyDen = 3;
constexpr std::uintmax_t kSidecarLimit = 1 << 20;

/// Codec motion draws in host memory: it would only wait for a GPU.
bool gains_by_gpu(const std::filesystem::path& bundle) {
    const nlohmann::json config = read_manifest(bundle).config;
    const auto codec = config.find("codec");
    return codec != config.end() && codec->is_object() && codec->value("kind", nlohmann::json()) != "motion";
}

/// The device worker's thread gets a queue of its own there.
torch::Device device_of(const LocalEngineOptions& options) {
    const torch::Device device = open_device(options.device == kAnyDevice && !gains_by_gpu(options.bundle) ? "cpu" : options.device);
    DeviceRuntime* runtime = runtime_for(device);
    if (runtime != nullptr) runtime->take_queue(device);
    if (options.memory_gb > 0 && device.is_cuda()) {
        if (runtime != nullptr) runtime->limit_memory(device, static_cast<std::int64_t>(options.memory_gb * (1 << 30)));
        else log_warning("the limit of " + std::to_string(options.memory_gb) + " GiB is not kept: only libmirrorme-cuda.so can keep it");
    }
    return device;
}

std::vector<std::string> capability_names(const Capabilities& c) {
    std::vector<std::string> names;
    for (const auto& [has, name] : {std::pair{c.speaks, "speaks"}, std::pair{c.hands, "hands"}, std::pair{c.style, "style"}, std::pair{c.matte, "matte"},
                                    std::pair{c.causal_decoder, "causal_decoder"}})
        if (has) names.emplace_back(name);
    return names;
}

ChunkLayout layout_of(const Model& model, const SessionConfig& config, const std::optional<ClipModeOptions>& clips) {
    ChunkLayout layout;
    layout.media = {config.sample_rate, model.manifest.fps};
    layout.temporal = model.codec->spec().temporal;
    layout.chunk_latents = clips ? clips->window.stride() : model.manifest.chunk_latents;
    layout.start = StreamStart::still;
    layout.look_ahead = model.front_end->config().look_ahead;
    return layout;
}

/// The picture with its sidecar, as far as the config does not bring them.
PictureInput picture_of(const SessionConfig& config) {
    PictureInput input = config.picture;
    if (input.path.empty()) input.path = config.settings.image;
    if (input.path.empty() && input.encoded.empty()) throw Error(ErrorCode::usage, "setting 'image'", "is empty", "Give a picture");
    if (!input.points_json.empty() || !input.encoded.empty()) return input;
    const std::filesystem::path sidecar = points_sidecar_of(input.path);
    std::error_code ignored;
    if (std::filesystem::exists(sidecar, ignored)) input.points_json = read_text_file(sidecar, kSidecarLimit);
    return input;
}

/// Runs chunks of near-silence through `pipeline` from a stream's beginning; `made` is told what each took and says whether to go on.
void run_trial(ChunkPipeline& pipeline, const SessionSetup& setup, const std::function<bool(std::int64_t took_ns)>& made) {
    const VirtualClock clock;
    const std::atomic<bool> closing{false};
    SessionSetup trial = setup;
    trial.config.mode = SessionMode::offline;
    SessionState session(trial, clock, closing);
    const SteadyClock stopwatch;
    const Rational rate = setup.config.sample_rate;
    std::vector<float> sound(static_cast<std::size_t>(ticks_in(setup.layout.period_ns() + 1'000'000, rate)));
    for (std::size_t i = 0; i < sound.size(); ++i) sound[i] = i % 97 < 48 ? 0.05f : -0.05f;
    while (true) {
        session.audio.append(session.audio.input_end(), sound);
        const std::int64_t start_ns = stopwatch.now_ns();
        const ChunkPlan plan = pipeline.produce_chunk(session);
        const std::int64_t took_ns = stopwatch.now_ns() - start_ns;
        session.scheduler.done(plan, 0, 0);
        session.frames.clear();
        if (plan.action == ChunkAction::make && !made(took_ns)) return;
    }
}

/// What a chunk may take (Note [Measuring L]).
std::int64_t measure_chunk_ns(ChunkPipeline& pipeline, const SessionSetup& setup) {
    DurationWindow times(kMeasuredChunks);
    std::int64_t spent_ns = 0;
    int chunks = 0;
    run_trial(pipeline, setup, [&](std::int64_t took_ns) {
        spent_ns += took_ns;
        const bool too_slow = spent_ns > kMostMeasuringNs;  // for live: nobody needs its figure exactly
        if (++chunks > kWarmUpChunks || too_slow) times.add(took_ns);
        return !too_slow && chunks < kWarmUpChunks + kMeasuredChunks;
    });
    return mul_div_ceil(times.percentile(100), kBusyNum, kBusyDen);
}

// Note [Recorded at warm-up]
// A graph is recorded for each level to which a stream's memory is filled, because the shapes differ. The stream that will be shown passes through all of
// them before anybody sees it: once as it is, which chooses algorithms and sizes, once more for what gets its memory the first time, and once to record. Then it
// begins again in the same memory and only replays.
constexpr int kPassesToRecord = 3;

void record_work(ChunkPipeline& pipeline, const SessionSetup& setup, const ContextConfig& context) {
    const WarmUpScope warming;
    const int levels = (context.window + context.chunk - 1) / context.chunk + 3;  // the first chunk, the filling ones, the first that forgets, and one more
    for (int pass = 0; pass < kPassesToRecord; ++pass) {
        int chunks = 0;
        run_trial(pipeline, setup, [&](std::int64_t) { return ++chunks < levels; });
        pipeline.restart();
    }
}

/// A stream ready to be shown; live ones tell what a chunk may take.
std::unique_ptr<ChunkPipeline> open_stream(const std::shared_ptr<const Model>& model, const std::shared_ptr<const CodecIdentity>& identity, const SessionSetup& setup,
                                           std::int64_t& compute_ns) {
    const auto pipeline = [&](std::uint64_t seed) { return std::make_unique<ChunkPipeline>(model, identity, setup.info, setup.layout.start, seed); };
    const bool live = setup.config.mode == SessionMode::realtime, recorded = CapturedWork::wanted(model->device);
    compute_ns = live && !recorded ? measure_chunk_ns(*pipeline(0), setup) : 0;
    auto stream = pipeline(static_cast<std::uint64_t>(setup.config.settings.seed));
    if (!live || !recorded) return stream;
    record_work(*stream, setup, model->denoiser->config().context);
    compute_ns = measure_chunk_ns(*stream, setup);
    stream->restart();
    return stream;
}

}  // namespace

std::unique_ptr<LocalEngine> LocalEngine::open(const LocalEngineOptions& options) {
    auto worker = std::make_shared<Worker>(prepare_device_thread);
    std::shared_ptr<const Model> model;
    worker->run([&] {
        worker->set_share(options.share);
        model = load_model(options.bundle, device_of(options), options.compute);
    });
    return std::make_unique<LocalEngine>(std::move(model), options.read_picture, std::move(worker), options.clips);
}

LocalEngine::LocalEngine(std::shared_ptr<const Model> model, PictureReader read_picture, std::shared_ptr<Worker> worker, std::optional<ClipModeOptions> clips)
    : worker_(std::move(worker)), model_(std::move(model)), read_picture_(std::move(read_picture)), clips_(std::move(clips)) {
    if (clips_) check_clips(*model_, *clips_);
    const CodecSpec& spec = model_->codec->spec();
    info_.backend = "local";
    info_.bundle = model_->manifest.name;
    info_.bundle_version = model_->manifest.version;
    info_.device = model_->device.str();
    info_.capabilities = capability_names(model_->manifest.capabilities);
    info_.width = spec.width;
    info_.height = spec.height;
    info_.fps = model_->manifest.fps;
}

LocalEngine::~LocalEngine() {
    worker_->run([this] { model_.reset(); });
}

std::unique_ptr<Session> LocalEngine::make_session(const SessionConfig& config, std::stop_token stop) {
    const PictureInput input = picture_of(config);
    if (!read_picture_) throw Error(ErrorCode::unsupported, input.path, "cannot be read: this build has no reader for pictures", "Build with MIRRORME_FFMPEG=ON");
    const RgbaImage picture = read_picture_(input);
    const auto look = [&] {
        if (stop.stop_requested()) throw Error(ErrorCode::cancelled, input.path, "was given up before its session was open");
    };

    if (clips_ && config.mode != SessionMode::offline) throw Error(ErrorCode::usage, "a clip", "is made for files only", "Open the session as offline");
    SessionSetup setup;
    setup.config = config;
    setup.config.picture = {input.path, {}, {}};  // its bytes are not needed any more
    setup.layout = layout_of(*model_, config, clips_);
    setup.info.width = info_.width;
    setup.info.height = info_.height;
    setup.info.fps = info_.fps;
    setup.info.sample_rate = config.sample_rate;
    setup.info.chunk_frames = setup.layout.temporal * setup.layout.chunk_latents;
    std::unique_ptr<ChunkProducer> pipeline;
    worker_->run([&] {
        look();
        const PreparedIdentity prepared = prepare_identity(*model_, picture, input, config.settings);
        look();
        setup.info.crop = {prepared.crop.x, prepared.crop.y, prepared.crop.width, prepared.crop.height};
        setup.info.warnings = model_->warnings;
        setup.info.warnings.insert(setup.info.warnings.end(), prepared.warnings.begin(), prepared.warnings.end());
        std::int64_t compute_ns = 0;
        if (clips_) pipeline = std::make_unique<ClipPipeline>(model_, prepared.identity, setup.info, *clips_, config.settings);
        else pipeline = open_stream(model_, prepared.identity, setup, compute_ns);
        setup.info.latency = latency_budget(setup.layout, compute_ns);
        setup.still = pipeline->still(config.settings);
    });
    return std::make_unique<WorkerSession>(worker_, std::move(setup), std::move(pipeline));
}

}  // namespace mirrorme
