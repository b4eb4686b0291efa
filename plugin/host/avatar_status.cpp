#include "plugin/host/avatar_status.h"

#include <nlohmann/json.hpp>

#include <utility>

namespace mirrorme {
namespace {

using nlohmann::json;

double milliseconds(std::int64_t ns) { return static_cast<double>(ns / 100'000) / 10.0; }

json engine_json(const EngineState& engine) {
    const bool running = engine.phase == EngineState::Phase::running;
    return {{"state", name_of(engine.phase)},
            {"process", engine.process},
            {"starts", engine.starts},
            {"error", engine.error.text},
            {"error_code", engine.error.code},
            {"program", engine.program},
            {"backend", running ? engine.info.backend : ""},
            {"bundle", running ? engine.info.bundle : ""},
            {"bundle_version", running ? engine.info.bundle_version : ""},
            {"device", running ? engine.info.device : ""},
            {"capabilities", running ? engine.info.capabilities : std::vector<std::string>{}}};
}

json delay_json(const DelayStatus& delay) {
    return {{"mode", name_of(delay.mode)},
            {"applied", delay.applied},
            {"problem", delay.problem},
            {"total_ms", milliseconds(delay.total_ns)},
            {"chunk_ms", milliseconds(delay.parts.chunk_ns)},
            {"look_ahead_ms", milliseconds(delay.parts.look_ahead_ns)},
            {"compute_ms", milliseconds(delay.parts.compute_ns)},
            {"frame_ms", milliseconds(delay.parts.frame_ns)},
            {"transport_ms", milliseconds(delay.transport_ns)},
            {"extra_ms", milliseconds(delay.extra_ns)}};
}

std::string_view kind_name(InputChoice::Kind kind) {
    return kind == InputChoice::Kind::automatic ? "auto" : kind == InputChoice::Kind::source ? "source" : "track";
}

}  // namespace

std::string_view name_of(EngineState::Phase phase) noexcept {
    constexpr std::string_view names[] = {"off", "starting", "running", "pausing"};
    return names[static_cast<std::size_t>(phase)];
}

std::string_view name_of(InputStatus::State state) noexcept {
    constexpr std::string_view names[] = {"waiting", "attached", "muted", "silent"};
    return names[static_cast<std::size_t>(state)];
}

std::string_view name_of(Severity severity) noexcept {
    constexpr std::string_view names[] = {"ok", "busy", "warning", "error"};
    return names[static_cast<std::size_t>(severity)];
}

std::string to_json(const AvatarStatus& s) {
    const json document{
        {"version", AvatarStatus::kVersion},
        {"message", s.message},
        {"severity", name_of(s.severity)},
        {"engine", engine_json(s.engine)},
        {"session", s.session ? json::parse(status_to_json(*s.session)) : json(nullptr)},
        {"info", s.info ? json::parse(to_json(*s.info)) : json(nullptr)},
        {"session_error", s.session_error.text},
        {"session_error_code", s.session_error.code},
        {"delay", delay_json(s.delay)},
        {"audio",
         {{"input", kind_name(s.input.kind)},
          {"name", s.input.name},
          {"state", name_of(s.input.state)},
          {"level_dbfs", s.input.level_dbfs},
          {"rate", s.input.rate},
          {"late_samples", s.late_samples},
          {"dropped_samples", s.dropped_samples}}},
        {"frames",
         {{"shown", s.frames.shown},
          {"late", s.frames.late},
          {"dropped", s.frames.dropped},
          {"waiting", s.frames.waiting},
          {"width", s.width},
          {"height", s.height},
          {"fps", s.fps}}},
        {"lip_offset_ms", s.frames.shown > 0 ? json(s.frames.lip_offset_ns / 1e6) : json(nullptr)},
        {"gesture", {{"playing", s.playing}, {"queued", s.queued}}},
        {"paused", s.paused},
        {"live", s.live}};
    // A name that is not UTF-8 (a device's, a file's) must not cost the whole status.
    return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string said(const Remark& remark, const Texts& texts) {
    if (remark.code.empty()) return remark.text;
    const std::string key = "Remark." + remark.code, pattern = texts.text(key.c_str());
    return pattern == key ? remark.text : filled(pattern, remark.args);
}

void describe(AvatarStatus& s, const Texts& texts) {
    s.engine.error.text = said(s.engine.error, texts);
    s.session_error.text = said(s.session_error, texts);
    if (s.session)
        for (Remark& warning : s.session->warnings) warning.text = said(warning, texts);
    const auto say = [&](Severity severity, const char* key, const std::string& matter = {}) {
        s.severity = severity;
        s.message = filled(texts.text(key), {matter});
    };
    if (s.engine.program.empty()) return say(Severity::error, "Status.NoEngine", s.engine.error.text);
    if (s.paused) return say(Severity::ok, "Status.Paused");
    if (!s.session) {
        if (s.engine.phase == EngineState::Phase::pausing) return say(Severity::warning, "Status.EngineRestarts", s.engine.error.text);
        if (s.engine.phase != EngineState::Phase::running) return say(Severity::busy, "Status.EngineStarts");
        if (!s.session_error.empty()) return say(Severity::error, "Status.SessionFailed", s.session_error.text);
        return say(Severity::busy, "Status.Opening");
    }
    if (!s.session_error.empty()) return say(Severity::error, "Status.SessionFailed", s.session_error.text);
    if (s.input.state == InputStatus::State::waiting)
        return s.input.name.empty() ? say(Severity::warning, "Status.NoInput") : say(Severity::warning, "Status.WaitingFor", s.input.name);
    if (!s.delay.problem.empty()) return say(Severity::warning, "Status.Delay", s.delay.problem);
    if (s.session->degraded_level != DegradationLevel::full) return say(Severity::warning, "Status.Degraded");
    if (!s.session->warnings.empty()) return say(Severity::warning, "Status.Warning", s.session->warnings.front().text);
    if (s.input.state == InputStatus::State::muted) return say(Severity::ok, "Status.Muted", s.input.name);
    say(Severity::ok, s.session->phase == SessionPhase::speaking ? "Status.Speaking" : "Status.Listening", s.input.name);
}

}  // namespace mirrorme
