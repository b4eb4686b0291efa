#include "train/trainer.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <fstream>
#include <map>

#include "core/error.h"
#include "support/temp_folder.h"
#include "training/toy_task.h"
#include "train/batch_queue.h"
#include "train/compact_state.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::WithinRel;

namespace {

RunOptions quiet(const std::filesystem::path& directory, RunStart start = RunStart::fresh) {
    RunOptions options;
    options.directory = directory;
    options.progress = ProgressStyle::silent;
    options.start = start;
    return options;
}

/// Stops the run after `steps` steps of this session.
std::function<bool()> after(int steps) {
    return [left = steps]() mutable { return --left <= 0; };
}

/// Lines of `kind`, by step, without the fields that tell time.
std::map<std::int64_t, nlohmann::json> lines_of(const std::filesystem::path& directory, const std::string& kind) {
    std::map<std::int64_t, nlohmann::json> lines;
    std::ifstream in(directory / "metrics.jsonl");
    for (std::string text; std::getline(in, text);) {
        nlohmann::json line = nlohmann::json::parse(text);
        for (const char* clock : {"seconds", "waiting_for_data"}) line.erase(clock);
        if (line["kind"] == kind) REQUIRE(lines.emplace(line["step"].get<std::int64_t>(), line).second);
    }
    return lines;
}

double mean(const std::vector<double>& values, std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) sum += values[i];
    return sum / static_cast<double>(last - first);
}

}  // namespace

TEST_CASE("training lowers the loss and leaves a checkpoint, a log and averaged weights") {
    TempFolder folder;
    ToyTask task;
    Trainer trainer(task, toy_plan(200), quiet(folder / "run"));
    CHECK(trainer.run() == RunEnd::finished);
    CHECK(mean(task.losses, 180, 200) < 0.5 * mean(task.losses, 0, 5));
    const auto lines = lines_of(folder / "run", "train");
    CHECK(lines.size() == 25);
    CHECK_THAT(lines.at(200)["loss"].get<double>(), WithinRel(mean(task.losses, 192, 200), 1e-4));
    CHECK_THAT(lines.at(200)["twice"].get<double>(), WithinRel(2 * mean(task.losses, 192, 200), 1e-4));
    CHECK(lines_of(folder / "run", "eval").size() == 1);
    const RunState state = read_run_state(folder / "run/checkpoint");
    CHECK(state.step == 200);
    CHECK(state.description["config"]["toy"]["width"] == 64);
    CHECK(state.sessions.size() == 1);
    const auto average = SafetensorsFile::open(folder / "run/checkpoint/average.safetensors");
    CHECK(average.tensor("toy.shift").item<float>() == 0.25f);
    CHECK_FALSE(average.tensor("toy.first.weight").equal(task.net->first->weight.detach()));
}

TEST_CASE("a run stopped anywhere and resumed has the same losses, weights and log as one in one go") {
    TempFolder folder;
    ToyTask whole;
    Trainer(whole, toy_plan(60), quiet(folder / "whole")).run();

    std::vector<double> losses;
    for (int session = 0; session < 4; ++session) {
        ToyTask part(100 + static_cast<std::uint64_t>(session));  // other initial weights: only the first session's may count
        if (session == 0) part = ToyTask();
        RunOptions options = quiet(folder / "parts", session == 0 ? RunStart::fresh : RunStart::resume);
        options.stop_requested = after(19);
        Trainer(part, toy_plan(60), options).run();
        losses.insert(losses.end(), part.losses.begin(), part.losses.end());
    }
    CHECK(losses == whole.losses);
    for (const char* file : {"weights", "average", "moments"}) {
        const std::string name = std::string("checkpoint/") + file + ".safetensors";
        CHECK(get(folder / "parts" / name) == get(folder / "whole" / name));
    }
    CHECK(lines_of(folder / "parts", "train") == lines_of(folder / "whole", "train"));
}

TEST_CASE("data threads change nothing but the speed") {
    TempFolder folder;
    ToyTask one, three;
    Trainer(one, toy_plan(30), quiet(folder / "one")).run();
    RunPlan plan = toy_plan(30);
    plan.data_threads = 3;
    Trainer(three, plan, quiet(folder / "three")).run();
    CHECK(one.losses == three.losses);
    RunPlan other = toy_plan(30);
    other.data_seed = 2;
    ToyTask different;
    Trainer(different, other, quiet(folder / "different")).run();
    CHECK(one.losses != different.losses);
}

TEST_CASE("a compact state goes on within 2 % of the loss") {
    TempFolder folder;
    ToyTask first, exact, compact(5);
    RunOptions stopped = quiet(folder / "first");
    stopped.stop_requested = after(300);
    stopped.export_directory = folder / "carried";
    Trainer(first, toy_plan(600), stopped).run();
    Trainer(exact, toy_plan(600), quiet(folder / "first", RunStart::resume)).run();
    RunOptions moved = quiet(folder / "moved");
    moved.compact_start = folder / "carried";
    Trainer(compact, toy_plan(600), moved).run();
    REQUIRE(exact.losses.size() == compact.losses.size());
    CHECK_THAT(mean(compact.losses, 0, 60), WithinRel(mean(exact.losses, 0, 60), 0.02));
    CHECK_THAT(mean(compact.losses, 240, 300), WithinRel(mean(exact.losses, 240, 300), 0.02));
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "carried")) bytes += entry.file_size();
    std::uintmax_t weights = 0;
    for (const auto& p : first.net->parameters()) weights += static_cast<std::uintmax_t>(p.numel());
    CHECK(bytes < 6 * weights + 8192);
}

TEST_CASE("eight-bit blocks keep signs, zeros and relative sizes") {
    torch::manual_seed(3);
    const torch::Tensor values = torch::randn({37, 41}) * torch::randn({37, 1}).exp();
    const torch::Tensor back = unpack_signed(pack_signed(values), values.sizes());
    CHECK((back - values).abs().max().item<float>() <= 0.01f * values.abs().max().item<float>());
    torch::Tensor squares = (torch::randn({37, 41}) * 6).exp() * 1e-12;
    squares[3][4] = 0;
    const torch::Tensor restored = unpack_positive(pack_positive(squares), squares.sizes());
    CHECK(restored[3][4].item<float>() == 0);
    const torch::Tensor positive = squares > 0;
    CHECK((restored.masked_select(positive) / squares.masked_select(positive) - 1).abs().max().item<float>() < 0.12f);
}

TEST_CASE("a step whose gradients are not finite changes nothing; a window of them ends the run with a remedy") {
    TempFolder folder;
    ToyTask task;
    task.poison_from = 10;
    task.poison_until = 12;
    Trainer(task, toy_plan(24), quiet(folder / "few")).run();
    const auto lines = lines_of(folder / "few", "train");
    CHECK(lines.at(16)["skipped"] == 2);
    CHECK(lines.at(24)["skipped"] == 0);
    CHECK(lines.at(16)["loss"].is_number());
    for (const auto& p : task.net->parameters()) CHECK(p.isfinite().all().item<bool>());

    ToyTask lost;
    lost.poison_from = 10;
    lost.poison_until = 1000;
    try {
        Trainer(lost, toy_plan(100), quiet(folder / "all")).run();
        FAIL("the run did not end");
    } catch (const Error& e) {
        CHECK(e.remedy().find("learning_rate") != std::string::npos);
        CHECK(lost.losses.size() == 24);
    }
}

TEST_CASE("a folder that holds a run is not overwritten, and another task's checkpoint is refused") {
    TempFolder folder;
    ToyTask task;
    Trainer(task, toy_plan(8), quiet(folder / "run")).run();
    CHECK_THROWS_AS(Trainer(task, toy_plan(8), quiet(folder / "run")).run(), Error);
    struct Other : ToyTask {
        std::string name() const override { return "other"; }
    } other;
    CHECK_THROWS_AS(Trainer(other, toy_plan(8), quiet(folder / "run", RunStart::resume)).run(), Error);
    std::filesystem::resize_file(folder / "run/checkpoint/weights.safetensors", 100);
    CHECK_THROWS_AS(Trainer(task, toy_plan(16), quiet(folder / "run", RunStart::resume)).run(), Error);
}

TEST_CASE("bf16 trains too") {
    TempFolder folder;
    ToyTask task;
    RunPlan plan = toy_plan(200);
    plan.precision = Precision::bf16;
    Trainer(task, plan, quiet(folder / "run")).run();
    CHECK(mean(task.losses, 180, 200) < 0.6 * mean(task.losses, 0, 5));
    CHECK(task.net->first->weight.scalar_type() == torch::kFloat);
}

TEST_CASE("a plan's fields are checked, and its rate warms up and falls") {
    const auto parse = [](const char* text) { return parse_run_plan(JsonObject(nlohmann::json::parse(text), "plan")); };
    CHECK(parse(R"({"steps": 10, "precision": "bf16"})").precision == Precision::bf16);
    CHECK_THROWS_AS(parse(R"({"stepz": 10})"), Error);
    CHECK_THROWS_AS(parse(R"({"precision": "f16"})"), Error);
    CHECK_THROWS_AS(parse(R"({"clip_norm": 0})"), Error);
    const RunPlan plan = parse(R"({"steps": 1000, "warmup_steps": 100, "learning_rate": 0.01, "final_rate": 0.1})");
    CHECK(learning_rate_at(plan, 0, 0) < 0.0002);
    CHECK_THAT(learning_rate_at(plan, 100, 0), WithinRel(0.01, 1e-6));
    CHECK_THAT(learning_rate_at(plan, 1000, 1), WithinRel(0.001, 1e-6));
    CHECK(parse_run_plan(JsonObject(to_json(plan), "plan")).warmup_steps == 100);
}

TEST_CASE("a queue hands over in order, waits when full and passes a failure on") {
    struct Counting : BatchSource {
        explicit Counting(std::atomic<int>& drawn) : drawn_(drawn) {}
        std::unique_ptr<TrainingBatch> draw(std::uint64_t, std::int64_t step) override {
            if (step == 9) throw Error(ErrorCode::internal, "source", "broke");
            ++drawn_;
            auto batch = std::make_unique<ToyBatch>();
            batch->x = torch::full({1}, step);
            return batch;
        }
        std::atomic<int>& drawn_;
    };
    std::atomic<int> drawn{0};
    std::vector<std::unique_ptr<BatchSource>> sources;
    for (int i = 0; i < 2; ++i) sources.push_back(std::make_unique<Counting>(drawn));
    BatchQueue queue(std::move(sources), 1, 3, 4);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(drawn <= 4);
    for (std::int64_t step = 3; step < 9; ++step) {
        auto batch = queue.next();
        CHECK(static_cast<ToyBatch&>(*batch).x.item<std::int64_t>() == step);
    }
    CHECK_THROWS_AS(queue.next(), Error);
}
