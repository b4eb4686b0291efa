#include "train/stages.h"

#include <catch2/catch_test_macros.hpp>

#include "core/error.h"
#include "support/temp_folder.h"
#include "train/motion_task.h"
#include "training/toy_task.h"

using namespace mirrorme;
using namespace mirrorme::testing;

namespace {

nlohmann::json small_config() {
    return {{"schema", "mirrorme.training"},
            {"version", 1},
            {"name", "small"},
            {"modules", {{"denoiser", {{"num_layers", 1}}}}},
            {"stages", {{"toy", {{"run", {{"steps", 3}, {"log_steps", 1}}}, {"task", {{"batch", 4}}}}}}}};
}

Stage toy_stage() {
    const auto make = [](const StageInput& input) {
        auto task = std::make_unique<ToyTask>();
        for (const TrainedModule& m : task->modules()) input.earlier.load_into(*m.module, m.prefix);
        return task;
    };
    return {"toy", "for tests", {{"toy", make}}};
}

StageRequest request_of(const TempFolder& folder, const std::string& out) {
    put(folder / "config.json", small_config().dump());
    StageRequest request;
    request.config = folder / "config.json";
    request.output = folder / out;
    return request;
}

RunOptions quiet() {
    RunOptions options;
    options.progress = ProgressStyle::silent;
    return options;
}

}  // namespace

TEST_CASE("the shipped configuration parses, and every stage is in it") {
    const TrainingConfig config(std::filesystem::path(MIRRORME_SOURCE_DIR) / "data" / "training" / "mini.json");
    CHECK(config.name() == "mini");
    for (const Stage& stage : stages())
        for (const StagePart& part : stage.parts) {
            CAPTURE(part.name);
            if (part.name == "vae") continue;  // the other codec's
            CHECK_NOTHROW(config.task(part.name));
            if (part.make) {
                const RunPlan plan = config.run_plan(part.name);
                CHECK(plan.steps + plan.minutes > 0);
            }
        }
    for (const char* stage : {"face", "half_body", "hands", "stream"})
        CHECK_NOTHROW(parse_motion_task(stage, JsonObject(config.task(stage), config.subject())));
}

TEST_CASE("wrong fields of a configuration are named") {
    nlohmann::json wrong = small_config();
    wrong["stages"]["toy"]["run"]["step"] = 4;
    CHECK_THROWS_AS(TrainingConfig(wrong, "wrong.json"), Error);
    nlohmann::json newer = small_config();
    newer["version"] = 2;
    CHECK_THROWS_AS(TrainingConfig(newer, "newer.json"), Error);
    const nlohmann::json task{{"batchs", 4}};
    try {
        parse_motion_task("face", JsonObject(task, "config.json"));
        FAIL("an unknown field was taken");
    } catch (const Error& e) {
        CHECK(e.remedy().find("batch") != std::string::npos);
    }
    CHECK_THROWS_AS(find_stage("fase"), Error);
    CHECK(find_stage("face").parts.size() == 1);
}

TEST_CASE("a stage goes on from an earlier one, and refuses what does not fit") {
    TempFolder folder;
    const Stage stage = toy_stage();
    CHECK(run_stage(stage, request_of(folder, "first"), quiet()) == RunEnd::finished);
    StageRequest second = request_of(folder, "second");
    second.earlier = {folder / "first"};
    second.steps = 1;
    CHECK(run_stage(stage, second, quiet()) == RunEnd::finished);
    StageWeights weights;
    weights.add(folder / "first");
    CHECK(weights.has("toy.first.weight"));
    CHECK(weights.config("toy")["width"] == 64);
    CHECK(weights.runs().front().step == 3);
    torch::nn::Linear other(3, 3);
    CHECK_FALSE(weights.load_into(*other, "nothing."));
    CHECK_THROWS_AS(weights.load_into(*other, "toy."), Error);
    CHECK_THROWS_AS(StageWeights().add(folder / "missing"), Error);
    StageRequest unknown = request_of(folder, "third");
    unknown.only = "tou";
    CHECK_THROWS_AS(run_stage(stage, unknown, quiet()), Error);
}
