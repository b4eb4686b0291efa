#include "engine/api/engine_api.h"

#include <algorithm>
#include <array>
#include <limits>

#include "core/json_fields.h"
#include "core/remark_json.h"

namespace mirrorme {
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 2> kModeNames{"realtime", "offline"};
constexpr std::array<std::string_view, 3> kCommandNames{"gesture", "hold", "stop"};
constexpr std::array<std::string_view, 4> kPollNames{"frame", "empty", "finished", "failed"};
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSizeLimit = 65536;
constexpr std::size_t kListLimit = 1024;

json rate_json(Rational rate) { return json::array({rate.num, rate.den}); }

void read_rate(const JsonObject& in, std::string_view key, Rational& rate) {
    if (!in.has(key)) return;
    const json& pair = in.array(key, 2);
    if (pair.size() != 2 || !pair[0].is_number_integer() || !pair[1].is_number_integer() || pair[1].get<std::int64_t>() < 1)
        in.wrong(key, "is not a rate", "Write [numerator, denominator]");
    rate = {pair[0].get<std::int64_t>(), pair[1].get<std::int64_t>()};
}

void read_text(const JsonObject& in, std::string_view key, std::string& text) {
    if (in.has(key)) text = in.text(key);
}

void read_int(const JsonObject& in, std::string_view key, int& value) {
    if (in.has(key)) value = static_cast<int>(in.integer(key, 0, kSizeLimit));
}

void read_texts(const JsonObject& in, std::string_view key, std::vector<std::string>& texts) {
    if (!in.has(key)) return;
    texts.clear();
    for (const json& entry : in.array(key, kListLimit)) {
        if (!entry.is_string()) in.wrong(key, "holds something that is not text", "Write it in quotes");
        texts.push_back(entry.get<std::string>());
    }
}

}  // namespace

std::string_view name_of(SessionMode mode) noexcept { return kModeNames[static_cast<std::size_t>(mode)]; }
std::string_view name_of(CommandKind kind) noexcept { return kCommandNames[static_cast<std::size_t>(kind)]; }
std::string_view name_of(PollResult result) noexcept { return kPollNames[static_cast<std::size_t>(result)]; }

void validate(const SessionConfig& config) {
    const Rational rate = config.sample_rate;
    if (!rate.positive() || rate.value() < 8000 || rate.value() > 192000)
        throw Error(ErrorCode::usage, "sample_rate", "is " + std::to_string(rate.num) + "/" + std::to_string(rate.den), "Use a rate from 8000 to 192000 Hz");
    if (config.queue_chunks < 1 || config.queue_chunks > 64)
        throw Error(ErrorCode::usage, "queue_chunks", "is " + std::to_string(config.queue_chunks), "Use 1 to 64");
    if (config.slack_ns < 0 || config.slack_ns > 5 * kNanosecondsPerSecond)
        throw Error(ErrorCode::usage, "slack_ns", "is " + std::to_string(config.slack_ns), "Use 0 to 5000000000");
    for (const KeyPointTrack& track : config.gestures) {
        const std::string name = track.preset ? "gesture '" + track.preset->name + "'" : "a gesture";
        if (!track.preset || track.frame_count() == 0) throw Error(ErrorCode::usage, name, "has no preset or no frames", "Give its track a \"preset\"");
        if (track.unit != TrackUnit::torso) throw Error(ErrorCode::usage, name, "is not in torso units", "Write \"unit\": \"torso\"");
    }
    validate(config.settings);
}

std::string to_json(const SessionInfo& info) {
    const LatencyParts& l = info.latency;
    return json{{"width", info.width},
                {"height", info.height},
                {"fps", rate_json(info.fps)},
                {"sample_rate", rate_json(info.sample_rate)},
                {"chunk_frames", info.chunk_frames},
                {"latency", {{"chunk_ns", l.chunk_ns}, {"look_ahead_ns", l.look_ahead_ns}, {"compute_ns", l.compute_ns}, {"frame_ns", l.frame_ns}}},
                {"crop", info.crop},
                {"warnings", remarks_json(info.warnings)}}
        .dump();
}

SessionInfo session_info_from_json(std::string_view text) {
    const json document = parse_json(text, "session info");
    const JsonObject in(document, "session info");
    SessionInfo info;
    read_int(in, "width", info.width);
    read_int(in, "height", info.height);
    read_int(in, "chunk_frames", info.chunk_frames);
    read_rate(in, "fps", info.fps);
    read_rate(in, "sample_rate", info.sample_rate);
    if (in.has("warnings")) info.warnings = remarks_from(in.array("warnings", kListLimit));
    if (in.has("latency")) {
        const JsonObject latency = in.object("latency");
        info.latency = {latency.integer("chunk_ns", 0, kMax), latency.integer("look_ahead_ns", 0, kMax), latency.integer("compute_ns", 0, kMax),
                        latency.integer("frame_ns", 0, kMax)};
    }
    if (in.has("crop"))
        for (const json& entry : in.array("crop", 4)) {
            if (!entry.is_number()) in.wrong("crop", "holds something that is not a number");
            info.crop.push_back(entry.get<double>());
        }
    return info;
}

std::string to_json(const EngineInfo& info) {
    return json{{"api_version", info.api_version}, {"backend", info.backend},           {"bundle", info.bundle},
                {"bundle_version", info.bundle_version}, {"device", info.device}, {"capabilities", info.capabilities},
                {"width", info.width},             {"height", info.height},             {"fps", rate_json(info.fps)}}
        .dump();
}

EngineInfo engine_info_from_json(std::string_view text) {
    const json document = parse_json(text, "engine info");
    const JsonObject in(document, "engine info");
    EngineInfo info;
    read_int(in, "api_version", info.api_version);
    read_text(in, "backend", info.backend);
    read_text(in, "bundle", info.bundle);
    read_text(in, "bundle_version", info.bundle_version);
    read_text(in, "device", info.device);
    read_texts(in, "capabilities", info.capabilities);
    read_int(in, "width", info.width);
    read_int(in, "height", info.height);
    read_rate(in, "fps", info.fps);
    return info;
}

std::string to_json(const Command& command) {
    json out{{"kind", name_of(command.kind)}, {"gesture", command.gesture}, {"at", command.at}};
    if (command.track) out["track"] = json::parse(track_to_json(*command.track));
    return out.dump();
}

Command command_from_json(std::string_view text) {
    const json document = parse_json(text, "command");
    const JsonObject in(document, "command");
    Command command;
    const std::string kind = in.text("kind");
    const auto found = std::find(kCommandNames.begin(), kCommandNames.end(), kind);
    if (found == kCommandNames.end()) in.wrong("kind", "is '" + kind + "'", "Write gesture, hold or stop");
    command.kind = static_cast<CommandKind>(found - kCommandNames.begin());
    read_text(in, "gesture", command.gesture);
    if (in.has("at")) command.at = in.integer("at", std::numeric_limits<std::int64_t>::min(), kMax);
    if (in.has("track")) command.track = track_from_json(in.raw("track").dump(), "command");
    return command;
}

}  // namespace mirrorme
