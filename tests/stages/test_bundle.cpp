#include "weights/bundle.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <functional>
#include <limits>

#include "core/error.h"
#include "support/temp_folder.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using testing::TempFolder;

namespace {

struct TwoLayersImpl : torch::nn::Module {
    TwoLayersImpl() {
        first = register_module("first", torch::nn::Linear(3, 4));
        second = register_module("second", torch::nn::Linear(4, 2));
        count = register_buffer("count", torch::tensor(7));
    }
    torch::nn::Linear first{nullptr}, second{nullptr};
    torch::Tensor count;
};
TORCH_MODULE(TwoLayers);

BundleManifest manifest() {
    BundleManifest m;
    m.name = "tiny";
    m.version = "1.2.0";
    m.licence = "MIT";
    m.provenance = {{"steps", 10}};
    m.config = {{"codec", {{"kind", "motion"}}}, {"denoiser", {{"width", 64}}}};
    m.width = 256;
    m.height = 384;
    m.fps = {24, 1};
    m.chunk_latents = 1;
    m.steps = {1, 2, 4};
    m.trained_stages = {"codec", "face"};
    m.capabilities.speaks = true;
    return m;
}

void save(const std::filesystem::path& path, TwoLayers& net) { save_bundle(path, manifest(), {{.tensors = tensors_of(*net, "net.")}}); }

template <class F>
Error error_of(F&& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    FAIL("no error");
    return {ErrorCode::none, "", ""};
}

void edit_manifest(const std::filesystem::path& bundle, const std::function<void(json&)>& edit) {
    json value = json::parse(testing::get(bundle / "bundle.json"));
    edit(value);
    testing::put(bundle / "bundle.json", value.dump());
}

struct BadManifest {
    const char* what;
    std::function<void(json&)> edit;
    const char* field;
};

const std::vector<BadManifest> kBadManifests = {
    {"another schema", [](json& j) { j["schema"] = "other"; }, "schema"},
    {"no schema", [](json& j) { j.erase("schema"); }, "schema"},
    {"a later version", [](json& j) { j["schema_version"] = 2; }, "schema_version"},
    {"no name", [](json& j) { j.erase("name"); }, "name"},
    {"name is a number", [](json& j) { j["name"] = 3; }, "name"},
    {"unknown field", [](json& j) { j["licens"] = "MIT"; }, "licens"},
    {"width 0", [](json& j) { j["frame"]["width"] = 0; }, "width"},
    {"huge height", [](json& j) { j["frame"]["height"] = 1e12; }, "height"},
    {"fps is a number", [](json& j) { j["fps"] = 24; }, "fps"},
    {"fps of one", [](json& j) { j["fps"] = {24}; }, "fps"},
    {"fps with zero", [](json& j) { j["fps"] = {24, 0}; }, "fps"},
    {"no steps", [](json& j) { j["steps"] = json::array(); }, "steps"},
    {"unordered steps", [](json& j) { j["steps"] = {4, 1}; }, "steps"},
    {"chunk of 0", [](json& j) { j["chunk_latents"] = 0; }, "chunk_latents"},
    {"config is a list", [](json& j) { j["config"] = json::array(); }, "config"},
    {"capability is text", [](json& j) { j["capabilities"]["speaks"] = "yes"; }, "speaks"},
    {"a path as file name", [](json& j) { j["files"][0]["name"] = "../model.safetensors"; }, "name"},
    {"a hidden file", [](json& j) { j["files"][0]["name"] = ".model.safetensors"; }, "name"},
    {"hash too short", [](json& j) { j["files"][0]["sha256"] = "abc"; }, "sha256"},
    {"another hash", [](json& j) { j["files"][0]["sha256"] = std::string(64, '0'); }, "sha256"},
    {"another size", [](json& j) { j["files"][0]["bytes"] = 5; }, "bytes"},
    {"negative size", [](json& j) { j["files"][0]["bytes"] = -5; }, "bytes"},
    {"the same file twice", [](json& j) { j["files"].push_back(j["files"][0]); }, "name"},
};

}  // namespace

TEST_CASE("a bundle comes back as it was saved", "[bundle]") {
    const TempFolder folder;
    TwoLayers saved, loaded;
    saved->count.fill_(41);
    save(folder / "b", saved);

    const auto bundle = Bundle::open(folder / "b");
    CHECK(to_json(bundle->manifest()) == [&] {
        json expected = to_json(manifest());
        expected["files"] = to_json(bundle->manifest())["files"];
        return expected;
    }());
    CHECK(bundle->names("net.first.") == std::vector<std::string>{"net.first.bias", "net.first.weight"});
    CHECK(bundle->config("denoiser")["width"] == 64);
    CHECK_THROWS_AS(bundle->config("audio"), Error);

    LoadReport report;
    bundle->load_into(*loaded, "net.", report);
    CHECK(report.loaded == 5);
    CHECK(report.summary() == "complete");
    CHECK(torch::equal(loaded->first->weight, saved->first->weight));
    CHECK(loaded->count.item<int>() == 41);
    CHECK(loaded->first->weight.requires_grad());
}

TEST_CASE("half precision weights are cast to the module's type", "[bundle]") {
    const TempFolder folder;
    TwoLayers saved, loaded;
    save_bundle(folder / "b", manifest(), {{.tensors = tensors_of(*saved, "net.", torch::kHalf)}});
    LoadReport report;
    Bundle::open(folder / "b")->load_into(*loaded, "net.", report);
    CHECK(loaded->first->weight.scalar_type() == torch::kFloat);
    CHECK(torch::allclose(loaded->first->weight, saved->first->weight, 1e-3, 1e-3));
}

TEST_CASE("a module that does not fit is left as it was, and everything wrong is reported", "[bundle]") {
    const TempFolder folder;
    TwoLayers source;
    auto tensors = tensors_of(*source, "net.");
    std::erase_if(tensors, [](const NamedTensor& t) { return t.name == "net.second.bias"; });
    for (NamedTensor& t : tensors) {
        if (t.name == "net.first.weight") t.tensor = torch::zeros({4, 5});
        if (t.name == "net.count") t.tensor = torch::tensor(1.5f);
    }
    tensors.push_back({"net.third", torch::zeros(2)});
    save_bundle(folder / "b", manifest(), {{.tensors = tensors}});
    const auto bundle = Bundle::open(folder / "b");

    TwoLayers target;
    const torch::Tensor before = target->second->weight.detach().clone();
    LoadReport report;
    const Error error = error_of([&] { bundle->load_into(*target, "net.", report); });
    CHECK(error.code() == ErrorCode::mismatch);
    CHECK_THAT(error.what(), ContainsSubstring("net.second.bias") && ContainsSubstring("[4, 5]"));
    CHECK(report.missing == std::vector<std::string>{"net.second.bias"});
    CHECK(report.unexpected == std::vector<std::string>{"net.third"});
    CHECK(report.mismatched.size() == 2);
    CHECK(torch::equal(target->second->weight, before));
}

TEST_CASE("tensors that a bundle lacks keep their first values only when asked for", "[bundle]") {
    const TempFolder folder;
    TwoLayers source, target;
    save_bundle(folder / "b", manifest(), {{.tensors = tensors_of(*source->first, "net.first.")}});
    const torch::Tensor before = target->second->weight.detach().clone();
    LoadReport report;
    const auto bundle = Bundle::open(folder / "b");
    CHECK_THROWS_AS(bundle->load_into(*target, "net.", report), Error);
    bundle->load_into(*target, "net.", report, [](const std::string& name) { return name != "weight"; });
    CHECK(report.loaded == 2);
    CHECK(torch::equal(target->first->weight, source->first->weight));
    CHECK(torch::equal(target->second->weight, before));
}

TEST_CASE("NaN is neither loaded nor saved", "[bundle]") {
    const TempFolder folder;
    TwoLayers net;
    save(folder / "b", net);
    {
        const torch::NoGradGuard no_grad;
        net->first->weight[1][1] = std::numeric_limits<float>::quiet_NaN();
    }
    CHECK_THAT(error_of([&] { save(folder / "b", net); }).what(), ContainsSubstring("net.first.weight"));
    CHECK(testing::count_files(folder.path()) == 1);
    LoadReport report;
    Bundle::open(folder / "b")->load_into(*net, "net.", report);  // the old bundle is whole

    // A file from elsewhere may hold one all the same.
    auto tensors = tensors_of(*net, "net.");
    tensors[0].tensor.view(-1)[0] = std::numeric_limits<float>::infinity();
    write_safetensors(folder / "b" / "model.safetensors", tensors);
    const auto bundle = [&] {
        std::filesystem::create_directory(folder / "c");
        BundleManifest m = manifest();
        std::filesystem::copy(folder / "b" / "model.safetensors", folder / "c" / "model.safetensors");
        m.files = {{"model.safetensors", std::string(64, '0'), std::filesystem::file_size(folder / "c" / "model.safetensors")}};
        testing::put(folder / "c" / "bundle.json", to_json(m).dump());
        return Bundle::open(folder / "c", BundleCheck::sizes);
    }();
    TwoLayers target;
    CHECK_THROWS_AS(bundle->load_into(*target, "net.", report), Error);
    CHECK(report.non_finite == std::vector<std::string>{tensors[0].name});
    CHECK_THROWS_AS(bundle->tensor(tensors[0].name), Error);
}

TEST_CASE("a wrong manifest is refused by field", "[bundle]") {
    const TempFolder folder;
    TwoLayers net;
    save(folder / "b", net);
    const BadManifest& bad = kBadManifests[GENERATE(range(std::size_t{0}, kBadManifests.size()))];
    INFO(bad.what);
    edit_manifest(folder / "b", bad.edit);
    const Error error = error_of([&] { Bundle::open(folder / "b"); });
    CHECK_THAT(error.what(), ContainsSubstring(bad.field));
    CHECK_THAT(error.what(), ContainsSubstring(folder.path().string()));
}

TEST_CASE("missing and damaged bundle files are refused", "[bundle]") {
    const TempFolder folder;
    TwoLayers net;
    save(folder / "b", net);
    const auto weights = folder / "b" / "model.safetensors";
    const std::string good = testing::get(weights);

    CHECK(error_of([&] { Bundle::open(folder / "none"); }).code() == ErrorCode::not_found);
    CHECK(error_of([&] { Bundle::open(folder.path()); }).code() == ErrorCode::not_found);

    std::string flipped = good;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    testing::put(weights, flipped);
    CHECK(error_of([&] { Bundle::open(folder / "b"); }).code() == ErrorCode::mismatch);
    testing::put(weights, good.substr(0, good.size() - 1));
    CHECK_THAT(error_of([&] { Bundle::open(folder / "b"); }).what(), ContainsSubstring("bytes"));
    std::filesystem::remove(weights);
    CHECK(error_of([&] { Bundle::open(folder / "b"); }).code() == ErrorCode::not_found);
    testing::put(weights, good);
    CHECK_NOTHROW(Bundle::open(folder / "b"));
    testing::put(folder / "b" / "bundle.json", "{");
    CHECK(error_of([&] { Bundle::open(folder / "b"); }).code() == ErrorCode::unreadable);
}

TEST_CASE("saving replaces a bundle as a whole", "[bundle]") {
    const TempFolder folder;
    TwoLayers first, second, loaded;
    save(folder / "b", first);
    testing::put(folder / "b" / "left-over.txt", "x");
    save(folder / "b", second);
    LoadReport report;
    Bundle::open(folder / "b")->load_into(*loaded, "net.", report);
    CHECK(torch::equal(loaded->first->weight, second->first->weight));
    CHECK(testing::count_files(folder.path()) == 1);
    CHECK(testing::count_files(folder / "b") == 2);
    CHECK_THROWS_AS(save(folder / "none" / "b", first), Error);
}
