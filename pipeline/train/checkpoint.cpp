#include "train/checkpoint.h"

#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/json_fields.h"
#include "weights/safetensors.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMaxStateBytes = 16 << 20;
constexpr const char* kStateFile = "state.json";
constexpr const char* kWeightsFile = "weights.safetensors";
constexpr const char* kAverageFile = "average.safetensors";
constexpr const char* kMomentsFile = "moments.safetensors";

void append_buffers(const std::vector<TrainedModule>& modules, std::vector<NamedTensor>& out) {
    for (const TrainedModule& m : modules)
        for (const auto& buffer : m.module->named_buffers()) out.push_back({m.prefix + buffer.key(), buffer.value()});
}

/// Parameters that this run does not train are saved as well: a stage's folder is complete.
void append_frozen(const std::vector<TrainedModule>& modules, std::vector<NamedTensor>& out) {
    for (const TrainedModule& m : modules)
        for (const auto& parameter : m.module->named_parameters())
            if (!parameter.value().requires_grad()) out.push_back({m.prefix + parameter.key(), parameter.value()});
}

/// Copies planned first and made only when all of them are possible.
class CopyPlan {
public:
    void add(const SafetensorsFile& file, const std::string& name, const torch::Tensor& to) {
        const TensorInfo* info = file.find(name);
        const std::string remedy = "The checkpoint belongs to another configuration; train into another folder";
        if (!info) throw Error(ErrorCode::mismatch, file.path().string(), "has no tensor '" + name + "'", remedy);
        if (to.sizes() != torch::IntArrayRef(info->shape)) throw Error(ErrorCode::mismatch, file.path().string(), "tensor '" + name + "' has another shape", remedy);
        copies_.emplace_back(to, file.tensor(name));
    }
    void run() const {
        torch::NoGradGuard no_grad;
        for (const auto& [to, from] : copies_) to.detach().copy_(from);
    }

private:
    std::vector<std::pair<torch::Tensor, torch::Tensor>> copies_;
};

}  // namespace

nlohmann::json to_json(const RunState& state) {
    return {{"schema", kTrainingStateSchema}, {"version", kTrainingStateVersion}, {"task", state.task}, {"step", state.step},
            {"seconds", state.seconds},       {"plan", state.plan},               {"description", state.description},
            {"sessions", state.sessions},     {"window", state.window}};
}

RunState parse_run_state(const nlohmann::json& value, const std::string& subject) {
    const JsonObject object(value, subject);
    if (object.text("schema") != kTrainingStateSchema) object.wrong("schema", "is not " + std::string(kTrainingStateSchema));
    if (object.integer("version", 0, INT32_MAX) != kTrainingStateVersion)
        object.wrong("version", "is another one", "Use the program that wrote it");
    RunState state;
    state.task = object.text("task");
    state.step = object.integer("step", 0, INT64_MAX);
    state.seconds = object.number("seconds", 0, 1e12);
    state.plan = object.object("plan").value();
    state.description = object.object("description").value();
    state.sessions = object.array("sessions", 100'000);
    state.window = object.object("window").value();
    return state;
}

RunState read_run_state(const fs::path& directory) {
    const fs::path file = directory / kStateFile;
    return parse_run_state(read_json_file(file, kMaxStateBytes), file.string());
}

void write_checkpoint(const fs::path& directory, const RunState& state, const std::vector<TrainedModule>& modules, const Optimizer& optimizer) {
    const fs::path fresh = temporary_beside(directory);
    fs::create_directories(fresh);
    std::vector<NamedTensor> weights, averages, moments;
    for (const TrainedTensor& t : optimizer.tensors()) {
        weights.push_back({t.name, t.weight.detach()});
        averages.push_back({t.name, t.average});
        moments.push_back({"first/" + t.name, t.first});
        moments.push_back({"second/" + t.name, t.second});
        moments.push_back({"count/" + t.name, t.count});
    }
    for (std::vector<NamedTensor>* list : {&weights, &averages}) {
        append_buffers(modules, *list);
        append_frozen(modules, *list);
    }
    write_safetensors(fresh / kWeightsFile, std::move(weights));
    write_safetensors(fresh / kAverageFile, std::move(averages));
    write_safetensors(fresh / kMomentsFile, std::move(moments));
    write_file(fresh / kStateFile, to_json(state).dump(1));
    replace_directory(fresh, directory);
}

RunState read_checkpoint(const fs::path& directory, const std::string& task, const std::vector<TrainedModule>& modules, Optimizer& optimizer) {
    RunState state = read_run_state(directory);
    if (state.task != task)
        throw Error(ErrorCode::mismatch, directory.string(), "is a checkpoint of '" + state.task + "', not of '" + task + "'", "Name another folder");
    const auto weights = SafetensorsFile::open(directory / kWeightsFile), averages = SafetensorsFile::open(directory / kAverageFile),
               moments = SafetensorsFile::open(directory / kMomentsFile);
    CopyPlan plan;
    for (const TrainedTensor& t : optimizer.tensors()) {
        plan.add(weights, t.name, t.weight);
        plan.add(averages, t.name, t.average);
        plan.add(moments, "first/" + t.name, t.first);
        plan.add(moments, "second/" + t.name, t.second);
        plan.add(moments, "count/" + t.name, t.count);
    }
    std::vector<NamedTensor> others;
    append_buffers(modules, others);
    append_frozen(modules, others);
    for (const NamedTensor& other : others) plan.add(weights, other.name, other.tensor);
    plan.run();
    return state;
}

}  // namespace mirrorme
