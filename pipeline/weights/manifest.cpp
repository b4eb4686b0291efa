#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_fields.h"
#include "weights/bundle.h"

namespace mirrorme {
using nlohmann::json;

namespace {

constexpr int kMaxSide = 8192;
constexpr std::int64_t kMaxRate = 1'000'000;
constexpr int kMaxSteps = 1000;
constexpr std::size_t kMaxFiles = 256;
constexpr std::size_t kMaxStages = 64;
constexpr std::int64_t kMaxFileBytes = std::int64_t{1} << 50;

constexpr std::array<std::string_view, 16> kFields = {"schema", "schema_version", "name",   "version",        "licence",      "provenance",
                                                      "config", "normalisation",  "frame",  "fps",            "chunk_latents", "steps",
                                                      "files",  "trained_stages", "capabilities", "comment"};

/// Plain names only: a manifest must not reach outside its folder.
bool is_plain_file_name(const std::string& name) {
    return !name.empty() && name.size() <= 255 && name.front() != '.' && name.find_first_of("/\\:") == std::string::npos &&
           name.find('\0') == std::string::npos;
}

bool is_hash(const std::string& text) {
    return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

json object_or_empty(const JsonObject& root, std::string_view key) { return root.has(key) ? root.object(key).value() : json::object(); }

std::vector<int> integers(const JsonObject& root, std::string_view key, std::size_t limit, int maximum) {
    std::vector<int> values;
    for (const json& item : root.array(key, limit)) {
        if (!item.is_number_integer() || item < 1 || item > maximum) root.wrong(key, "holds something else than integers from 1 to " + std::to_string(maximum));
        values.push_back(item.get<int>());
    }
    return values;
}

std::vector<BundleFile> files_of(const JsonObject& root, const std::string& subject) {
    std::vector<BundleFile> files;
    const json& list = root.array("files", kMaxFiles);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const JsonObject item(list[i], subject, "files[" + std::to_string(i) + "]");
        BundleFile file;
        file.name = item.text("name");
        file.sha256 = item.text("sha256");
        file.bytes = static_cast<std::uint64_t>(item.integer("bytes", 0, kMaxFileBytes));
        if (!is_plain_file_name(file.name)) item.wrong("name", "is not a plain file name", "Bundles hold their files beside bundle.json.");
        if (!is_hash(file.sha256)) item.wrong("sha256", "is not 64 lower-case hex digits");
        if (std::any_of(files.begin(), files.end(), [&](const BundleFile& f) { return f.name == file.name; })) item.wrong("name", "appears twice");
        files.push_back(std::move(file));
    }
    return files;
}

Capabilities capabilities_of(const JsonObject& root) {
    const JsonObject object = root.object("capabilities");
    const auto flag = [&](std::string_view key) { return object.has(key) && object.flag(key); };
    return {flag("speaks"), flag("hands"), flag("style"), flag("matte"), flag("causal_decoder")};
}

void check_schema(const JsonObject& root, const std::string& subject) {
    if (!root.has("schema") || root.text("schema") != kBundleSchema)
        throw Error(ErrorCode::mismatch, subject + " [schema]", "is not '" + std::string(kBundleSchema) + "': this is no model bundle",
                    "Name a bundle folder, or leave --bundle out to use the built-in model.");
    const auto version = root.integer("schema_version", 1, 1'000'000);
    if (version != kBundleSchemaVersion)
        throw Error(ErrorCode::mismatch, subject + " [schema_version]",
                    "is " + std::to_string(version) + ", this program reads " + std::to_string(kBundleSchemaVersion),
                    version > kBundleSchemaVersion ? "Update obs-mirrorme." : "Export the bundle again.");
}

}  // namespace

BundleManifest parse_manifest(const json& value, const std::string& subject) {
    const JsonObject root(value, subject);
    check_schema(root, subject);
    root.refuse_unknown(kFields);

    BundleManifest manifest;
    manifest.name = root.text("name");
    manifest.version = root.text("version");
    manifest.licence = root.text("licence");
    manifest.provenance = object_or_empty(root, "provenance");
    manifest.config = root.object("config").value();
    manifest.normalisation = object_or_empty(root, "normalisation");
    const JsonObject frame = root.object("frame");
    manifest.width = static_cast<int>(frame.integer("width", 1, kMaxSide));
    manifest.height = static_cast<int>(frame.integer("height", 1, kMaxSide));
    const std::vector<int> fps = integers(root, "fps", 2, kMaxRate);
    if (fps.size() != 2) root.wrong("fps", "is not a pair [numerator, denominator]", "24 frames per second are [24, 1].");
    manifest.fps = {fps[0], fps[1]};
    manifest.chunk_latents = static_cast<int>(root.integer("chunk_latents", 1, 64));
    manifest.steps = integers(root, "steps", 64, kMaxSteps);
    if (manifest.steps.empty() || !std::is_sorted(manifest.steps.begin(), manifest.steps.end())) root.wrong("steps", "is not an ascending list");
    for (const json& stage : root.array("trained_stages", kMaxStages)) {
        if (!stage.is_string()) root.wrong("trained_stages", "holds something else than names");
        manifest.trained_stages.push_back(stage.get<std::string>());
    }
    manifest.capabilities = capabilities_of(root);
    manifest.files = files_of(root, subject);
    return manifest;
}

json to_json(const BundleManifest& m) {
    json files = json::array();
    for (const BundleFile& file : m.files) files.push_back({{"name", file.name}, {"sha256", file.sha256}, {"bytes", file.bytes}});
    return {{"schema", kBundleSchema},
            {"schema_version", kBundleSchemaVersion},
            {"name", m.name},
            {"version", m.version},
            {"licence", m.licence},
            {"provenance", m.provenance},
            {"config", m.config},
            {"normalisation", m.normalisation},
            {"frame", {{"width", m.width}, {"height", m.height}}},
            {"fps", {m.fps.num, m.fps.den}},
            {"chunk_latents", m.chunk_latents},
            {"steps", m.steps},
            {"trained_stages", m.trained_stages},
            {"capabilities",
             {{"speaks", m.capabilities.speaks},
              {"hands", m.capabilities.hands},
              {"style", m.capabilities.style},
              {"matte", m.capabilities.matte},
              {"causal_decoder", m.capabilities.causal_decoder}}},
            {"files", files}};
}

}  // namespace mirrorme
