#include "core/status.h"

#include <array>
#include <cstddef>
#include <limits>

#include "core/json_fields.h"
#include "core/remark_json.h"

namespace mirrorme {
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 7> kPhaseNames{"starting", "waiting", "speaking", "idle", "degraded", "finished", "failed"};
constexpr std::array<std::string_view, 5> kLevelNames{"full", "fewer_steps", "hold", "idle", "reference"};
constexpr std::array<std::string_view, 9> kErrorNames{"none",     "usage",    "not_found",   "unreadable", "mismatch",
                                                      "too_large", "no_space", "unsupported", "cancelled"};
constexpr std::size_t kListLimit = 1024;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// The counters by name, visited by both directions.
template <class Visitor>
void visit_counters(Visitor&& visit) {
    visit("chunks_made", &SessionCounters::chunks_made);
    visit("chunks_held", &SessionCounters::chunks_held);
    visit("chunks_skipped", &SessionCounters::chunks_skipped);
    visit("frames_made", &SessionCounters::frames_made);
    visit("frames_late", &SessionCounters::frames_late);
    visit("frames_dropped", &SessionCounters::frames_dropped);
    visit("audio_samples", &SessionCounters::audio_samples);
    visit("audio_dropped_samples", &SessionCounters::audio_dropped_samples);
    visit("audio_late_samples", &SessionCounters::audio_late_samples);
    visit("audio_gap_samples", &SessionCounters::audio_gap_samples);
    visit("audio_reanchored", &SessionCounters::audio_reanchored);
}

template <class Visitor>
void visit_latency(Visitor&& visit) {
    visit("chunk_ns", &LatencyParts::chunk_ns);
    visit("look_ahead_ns", &LatencyParts::look_ahead_ns);
    visit("compute_ns", &LatencyParts::compute_ns);
    visit("frame_ns", &LatencyParts::frame_ns);
}

template <class Visitor>
void visit_memory(Visitor&& visit) {
    visit("held_bytes", &MemoryUse::held_bytes);
    visit("free_bytes", &MemoryUse::free_bytes);
    visit("total_bytes", &MemoryUse::total_bytes);
}

template <class Visitor>
void visit_timing(Visitor&& visit) {
    visit("count", &StageTiming::count);
    visit("p50_ns", &StageTiming::p50_ns);
    visit("p95_ns", &StageTiming::p95_ns);
    visit("p99_ns", &StageTiming::p99_ns);
    visit("max_ns", &StageTiming::max_ns);
}

template <std::size_t N>
std::size_t index_of(const std::array<std::string_view, N>& names, const JsonObject& from, std::string_view key) {
    const std::string text = from.text(key);
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == text) return i;
    from.wrong(key, "is '" + text + "'", "This version does not know that word");
}

}  // namespace

std::string_view name_of(SessionPhase phase) noexcept { return kPhaseNames[static_cast<std::size_t>(phase)]; }
std::string_view name_of(DegradationLevel level) noexcept { return kLevelNames[static_cast<std::size_t>(level)]; }
std::string_view name_of(ErrorCode code) noexcept {
    const auto i = static_cast<std::size_t>(code);
    return i < kErrorNames.size() ? kErrorNames[i] : std::string_view("internal");
}

std::string status_to_json(const StatusSnapshot& status) {
    json out{{"version", StatusSnapshot::kVersion},
             {"phase", name_of(status.phase)},
             {"degraded_level", name_of(status.degraded_level)},
             {"real_time_factor", status.real_time_factor},
             {"level_dbfs", status.level_dbfs},
             {"memory", {{"graphics", status.memory.graphics}}},
             {"gesture", status.gesture},
             {"warnings", remarks_json(status.warnings)},
             {"last_error_code", name_of(status.last_error_code)},
             {"last_error", status.last_error}};
    visit_latency([&](const char* name, auto member) { out["latency"][name] = status.latency.*member; });
    visit_counters([&](const char* name, auto member) { out["counters"][name] = status.counters.*member; });
    visit_memory([&](const char* name, auto member) { out["memory"][name] = status.memory.*member; });
    out["stages"] = json::array();
    for (const StageTiming& timing : status.stages) {
        json one{{"stage", timing.stage}};
        visit_timing([&](const char* name, auto member) { one[name] = timing.*member; });
        out["stages"].push_back(std::move(one));
    }
    return out.dump();
}

StatusSnapshot status_from_json(std::string_view text) {
    const json document = parse_json(text, "status");
    const JsonObject in(document, "status");
    in.integer("version", 1, kMax);
    StatusSnapshot status;
    if (in.has("phase")) status.phase = static_cast<SessionPhase>(index_of(kPhaseNames, in, "phase"));
    if (in.has("degraded_level")) status.degraded_level = static_cast<DegradationLevel>(index_of(kLevelNames, in, "degraded_level"));
    // A figure that is no number (null) stays at its default: a broken engine must not break who watches it.
    if (in.has("real_time_factor") && in.raw("real_time_factor").is_number()) status.real_time_factor = in.number("real_time_factor", 0, 1e9);
    if (in.has("level_dbfs") && in.raw("level_dbfs").is_number()) status.level_dbfs = static_cast<float>(in.number("level_dbfs", -1e6, 1e6));
    if (in.has("gesture")) status.gesture = in.text("gesture");
    if (in.has("last_error")) status.last_error = in.text("last_error");
    if (in.has("warnings")) status.warnings = remarks_from(in.array("warnings", kListLimit));
    if (in.has("last_error_code")) {
        const std::string code = in.text("last_error_code");
        status.last_error_code = ErrorCode::internal;
        for (std::size_t i = 0; i < kErrorNames.size(); ++i)
            if (kErrorNames[i] == code) status.last_error_code = static_cast<ErrorCode>(i);
    }
    if (in.has("latency")) {
        const JsonObject latency = in.object("latency");
        visit_latency([&](const char* name, auto member) { if (latency.has(name)) status.latency.*member = latency.integer(name, 0, kMax); });
    }
    if (in.has("counters")) {
        const JsonObject counters = in.object("counters");
        visit_counters([&](const char* name, auto member) { if (counters.has(name)) status.counters.*member = counters.integer(name, 0, kMax); });
    }
    if (in.has("memory")) {
        const JsonObject memory = in.object("memory");
        if (memory.has("graphics")) status.memory.graphics = memory.flag("graphics");
        visit_memory([&](const char* name, auto member) { if (memory.has(name)) status.memory.*member = memory.integer(name, 0, kMax); });
    }
    if (in.has("stages")) {
        for (const json& one : in.array("stages", kListLimit)) {
            const JsonObject fields(one, "status", "stages");
            StageTiming timing;
            timing.stage = fields.text("stage");
            visit_timing([&](const char* name, auto member) { if (fields.has(name)) timing.*member = fields.integer(name, 0, kMax); });
            status.stages.push_back(std::move(timing));
        }
    }
    return status;
}

}  // namespace mirrorme
