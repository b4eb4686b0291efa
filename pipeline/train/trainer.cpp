#include "train/trainer.h"

#include <ATen/autocast_mode.h>

#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "core/error.h"
#include "train/batch_queue.h"
#include "train/compact_state.h"

namespace mirrorme {
namespace fs = std::filesystem;
using torch::Tensor;

namespace {

constexpr const char* kCheckpoint = "checkpoint";
constexpr const char* kLoss = "loss";
constexpr const char* kSkipped = "skipped";  // steps whose gradients were not finite; they changed nothing
constexpr double kNever = 1e300;
constexpr double kLineSeconds = 30;  // between two lines of progress where there is no terminal

double now_seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

double after_minutes(double minutes) { return minutes > 0 ? now_seconds() + 60 * minutes : kNever; }

/// Autocast while it lives, as the precision says; casts of weights are forgotten at the end, since the next step changes them.
class AutocastScope {
public:
    AutocastScope(const torch::Device& device, Precision precision) : type_(device.type()), on_(precision == Precision::bf16) {
        if (!on_) return;
        at::autocast::set_autocast_dtype(type_, torch::kBFloat16);
        at::autocast::set_autocast_enabled(type_, true);
    }
    ~AutocastScope() {
        if (!on_) return;
        at::autocast::set_autocast_enabled(type_, false);
        at::autocast::clear_cache();
    }
    AutocastScope(const AutocastScope&) = delete;
    AutocastScope& operator=(const AutocastScope&) = delete;

private:
    torch::DeviceType type_;
    bool on_;
};

std::vector<TrainedModule> on_device(std::vector<TrainedModule> modules, const torch::Device& device) {
    for (TrainedModule& m : modules) {
        m.module->to(device);
        m.module->train();
    }
    return modules;
}

nlohmann::json rounded(double value) {
    if (!std::isfinite(value)) return nullptr;
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return std::stod(text);
}

nlohmann::json fields_of(const Metrics& metrics) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::object();
    for (const auto& [name, value] : metrics.entries()) fields[name] = rounded(value.item<double>());
    return fields;
}

class EvaluationMode {
public:
    EvaluationMode(Optimizer& optimizer, const std::vector<TrainedModule>& modules) : averaged_(optimizer), modules_(modules) {
        for (const TrainedModule& m : modules_) m.module->eval();
    }
    ~EvaluationMode() {
        for (const TrainedModule& m : modules_) m.module->train();
    }
    EvaluationMode(const EvaluationMode&) = delete;
    EvaluationMode& operator=(const EvaluationMode&) = delete;

private:
    AveragedWeights averaged_;
    const std::vector<TrainedModule>& modules_;
};

}  // namespace

void Trainer::Window::add(const std::string& name, const Tensor& value) {
    const Tensor as_double = value.detach().to(torch::kDouble);
    for (auto& [known, sum] : sums) {
        if (known != name) continue;
        sum = sum + as_double.to(sum.device());
        return;
    }
    sums.emplace_back(name, as_double);
}

nlohmann::json Trainer::Window::to_json() const {
    nlohmann::json list = nlohmann::json::array();
    for (const auto& [name, sum] : sums) list.push_back({name, sum.item<double>()});
    return {{"count", count}, {"sums", list}};
}

Trainer::Window Trainer::Window::from_json(const nlohmann::json& json, const torch::Device& device) {
    Window window;
    if (json.empty()) return window;
    window.count = json.at("count").get<std::int64_t>();
    for (const auto& entry : json.at("sums"))
        window.sums.emplace_back(entry.at(0).get<std::string>(), torch::scalar_tensor(entry.at(1).get<double>(), torch::kDouble).to(device));
    return window;
}

Trainer::Trainer(TrainingTask& task, const RunPlan& plan, RunOptions options)
    : task_(task), plan_(plan), options_(std::move(options)), modules_(on_device(task.modules(), options_.device)), optimizer_(modules_, plan) {
    if (plan_.steps <= 0 && plan_.minutes <= 0)
        throw Error(ErrorCode::usage, "training of '" + task.name() + "'", "has no length", "Give --steps or --minutes, or put one into the config");
}

void Trainer::prepare() {
    const fs::path checkpoint_path = options_.directory / kCheckpoint;
    const bool present = fs::exists(checkpoint_path / "state.json");
    if (options_.start == RunStart::fresh && present)
        throw Error(ErrorCode::usage, options_.directory.string(), "already holds a run", "Add --resume to go on with it, or name another folder");
    fs::create_directories(options_.directory);
    if (options_.start == RunStart::resume && present)
        state_ = read_checkpoint(checkpoint_path, task_.name(), modules_, optimizer_);
    else if (!options_.compact_start.empty())
        state_ = read_compact_state(options_.compact_start, task_.name(), modules_, optimizer_);
    state_.task = task_.name();
    state_.plan = to_json(plan_);
    state_.sessions.push_back({{"command", options_.command}, {"hardware", options_.hardware}, {"first_step", state_.step}, {"steps", 0}, {"seconds", 0}});
    window_ = Window::from_json(state_.window, options_.device);
    earlier_seconds_ = state_.seconds;
    first_step_ = state_.step;
    ProgressOptions progress;
    progress.label = task_.name();
    progress.style = options_.progress;
    progress.line_interval_s = kLineSeconds;
    progress.unit = plan_.steps > 0 ? "steps" : "s";
    progress.total = plan_.steps > 0 ? static_cast<double>(plan_.steps - state_.step) : 60 * plan_.minutes - state_.seconds;
    log_ = std::make_unique<RunLog>(options_.directory, state_.step, progress);
    session_start_ = line_start_ = now_seconds();
    next_checkpoint_ = after_minutes(plan_.checkpoint_minutes);
    next_evaluation_ = after_minutes(plan_.evaluate_minutes);
    next_preview_ = after_minutes(plan_.preview_minutes);
}

RunEnd Trainer::run() {
    prepare();
    std::int64_t weights = 0;
    for (const TrainedTensor& t : optimizer_.tensors()) weights += t.weight.numel();
    log_->say(std::to_string(weights) + " trained weights, " + (plan_.precision == Precision::bf16 ? "bf16" : "f32") + " on " + options_.device.str() +
              (state_.step > 0 ? ", going on from step " + std::to_string(state_.step) : ""));
    std::vector<std::unique_ptr<BatchSource>> sources;
    for (int i = 0; i < plan_.data_threads; ++i) sources.push_back(task_.make_source());
    BatchQueue queue(std::move(sources), plan_.data_seed, state_.step, plan_.queue_batches);

    bool stopped = false;
    while (!finished() && !stopped) {
        const std::unique_ptr<TrainingBatch> batch = queue.next();
        batch->to(options_.device);
        train_one(*batch);
        if (state_.step % plan_.log_steps == 0) write_train_line(queue.waited_seconds());
        service(false);
        stopped = options_.stop_requested && options_.stop_requested();
    }
    if (!stopped) service(true);
    checkpoint();
    log_->finish(session_done(), detail());
    if (!options_.export_directory.empty()) write_compact_state(options_.export_directory, state_, modules_, optimizer_);
    log_->say(stopped ? "stopped at step " + std::to_string(state_.step) + "; go on with --resume" : "done: " + std::to_string(state_.step) + " steps in " + duration_text(state_.seconds));
    return stopped ? RunEnd::stopped : RunEnd::finished;
}

void Trainer::train_one(TrainingBatch& batch) {
    const StepInfo info{state_.step, run_progress(plan_, state_.step, state_.seconds), plan_.data_seed};
    torch::manual_seed(item_seed(plan_.seed, state_.step, -1));
    StepResult result;
    {
        AutocastScope autocast(options_.device, plan_.precision);
        result = task_.step(batch, info);
    }
    result.loss.backward();
    learning_rate_ = learning_rate_at(plan_, state_.step, info.progress);
    const Tensor norm = optimizer_.update(learning_rate_, state_.step);

    const Tensor loss = result.loss.detach(), sound = norm.isfinite().logical_and(loss.isfinite());
    window_.add(kLoss, torch::where(sound, loss, torch::zeros_like(loss)));
    window_.add(kSkipped, sound.logical_not());
    window_.add("gradient_norm", torch::where(sound, norm, torch::zeros_like(norm)));
    for (const auto& [name, value] : result.metrics.entries())
        if (name != kLoss) window_.add(name, value);
    ++window_.count;
    ++state_.step;
    state_.seconds = earlier_seconds_ + now_seconds() - session_start_;
    log_->progress(session_done(), detail());
}

void Trainer::write_train_line(double waited_seconds) {
    std::map<std::string, double> means;
    for (const auto& [name, sum] : window_.sums) means[name] = sum.item<double>() / static_cast<double>(window_.count);
    const double skipped = means[kSkipped] * static_cast<double>(window_.count), sound = static_cast<double>(window_.count) - skipped;
    const double now = now_seconds();
    if (sound > 0)
        for (const char* name : {kLoss, "gradient_norm"}) means[name] *= static_cast<double>(window_.count) / sound;
    nlohmann::json fields;
    for (const auto& [name, mean] : means) fields[name] = rounded(mean);
    fields[kSkipped] = skipped;
    fields["learning_rate"] = rounded(learning_rate_);
    fields["seconds"] = rounded(state_.seconds);
    fields["waiting_for_data"] = rounded((waited_seconds - waited_before_) / std::max(1e-9, now - line_start_));
    log_->write("train", state_.step, fields);
    waited_before_ = waited_seconds;
    line_start_ = now;
    last_loss_ = means[kLoss];
    window_ = {};
    if (sound == 0)
        throw Error(ErrorCode::internal, "training of '" + task_.name() + "'", "the loss or its gradients were not finite for " + std::to_string(plan_.log_steps) + " steps",
                    "Lower learning_rate in the config and go on with --resume from the checkpoint in " + (options_.directory / kCheckpoint).string());
}

void Trainer::evaluate() {
    const double start = now_seconds();
    nlohmann::json fields;
    {
        EvaluationMode averaged(optimizer_, modules_);
        fields = fields_of(task_.evaluate());
    }
    if (fields.empty()) return;
    log_->write("eval", state_.step, fields);
    log_->say("step " + std::to_string(state_.step) + " " + fields.dump() + " (" + duration_text(now_seconds() - start) + ")");
}

void Trainer::preview() {
    if (!options_.write_preview) return;
    std::vector<Preview> previews;
    {
        EvaluationMode averaged(optimizer_, modules_);
        previews = task_.preview();
    }
    const fs::path folder = options_.directory / "samples";
    fs::create_directories(folder);
    for (Preview& p : previews) {
        p.name = "step-" + std::to_string(state_.step) + "-" + p.name;
        options_.write_preview(folder, p);
    }
}

void Trainer::checkpoint() {
    state_.seconds = earlier_seconds_ + now_seconds() - session_start_;
    state_.description = task_.describe();
    state_.window = window_.to_json();
    nlohmann::json& session = state_.sessions.back();
    session["steps"] = state_.step - session["first_step"].get<std::int64_t>();
    session["seconds"] = rounded(state_.seconds - earlier_seconds_);
    write_checkpoint(options_.directory / kCheckpoint, state_, modules_, optimizer_);
}

void Trainer::service(bool at_end) {
    const double now = now_seconds();
    if (at_end || now >= next_evaluation_) {
        evaluate();
        next_evaluation_ = after_minutes(plan_.evaluate_minutes);
    }
    if (at_end || now >= next_preview_) {
        preview();
        next_preview_ = after_minutes(plan_.preview_minutes);
    }
    if (now >= next_checkpoint_) {
        checkpoint();
        next_checkpoint_ = after_minutes(plan_.checkpoint_minutes);
    }
}

bool Trainer::finished() const { return run_progress(plan_, state_.step, state_.seconds) >= 1; }

double Trainer::session_done() const { return plan_.steps > 0 ? static_cast<double>(state_.step - first_step_) : state_.seconds - earlier_seconds_; }

std::string Trainer::detail() const {
    char text[64];
    std::snprintf(text, sizeof text, "step %lld, loss %.4f", static_cast<long long>(state_.step), last_loss_);
    return text;
}

}  // namespace mirrorme
