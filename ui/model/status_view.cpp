#include "ui/model/status_view.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "core/remark_json.h"
#include "ui/model/lenient_json.h"

namespace mirrorme::ui {
using nlohmann::json;

namespace {

Phrase milliseconds(double ms) { return {"Panel.Unit.Milliseconds", {number_text(ms, 0)}}; }

Tone tone_of_severity(const std::string& severity) {
    if (severity == "ok") return Tone::good;
    if (severity == "busy") return Tone::busy;
    if (severity == "warning") return Tone::warning;
    if (severity == "error") return Tone::error;
    return Tone::neutral;
}

SoundLamp sound_of(const json& status) {
    const json& audio = field(status, "audio");
    const std::string state = text_in(audio, "state"), name = text_in(audio, "name");
    const std::string phase = text_in(field(status, "session"), "phase");
    const double level = number_in(audio, "level_dbfs", -120);

    SoundLamp lamp;
    lamp.fill = std::clamp(1 - level / SoundLamp::kQuietestDb, 0.0, 1.0);
    if (state == "attached" && phase == "speaking") {
        lamp = {Tone::good, {"Panel.Sound.Speaking", {name}}, lamp.fill};
    } else if (state == "attached") {
        lamp = {Tone::good, {"Panel.Sound.Listening", {name}}, lamp.fill};
    } else if (state == "silent") {
        lamp = {Tone::neutral, {"Panel.Sound.Silent", {name}}, lamp.fill};
    } else if (state == "muted") {
        lamp = {Tone::warning, {"Panel.Sound.Muted", {name}}, 0};
    } else if (state == "waiting") {
        lamp = {Tone::warning, {name.empty() ? "Panel.Sound.NoInput" : "Panel.Sound.Waiting", {name}}, 0};
    } else {
        lamp = {Tone::neutral, {"Panel.Sound.Unknown", {}}, 0};
    }
    return lamp;
}

Phrase delay_mode(const json& delay) {
    const std::string mode = text_in(delay, "mode");
    const bool applied = flag_in(delay, "applied");
    if (mode == "offset") return {applied ? "Panel.Delay.Mode.Offset" : "Panel.Delay.Mode.OffsetPending", {}};
    if (mode == "own") return {applied ? "Panel.Delay.Mode.Own" : "Panel.Delay.Mode.OwnPending", {}};
    if (mode == "none") return {"Panel.Delay.Mode.None", {}};
    return {"Panel.Unknown", {}};
}

Row lip_offset(const json& status) {
    constexpr double kGoodMs = 40, kBearableMs = 80;
    if (!is_number_in(status, "lip_offset_ms")) return {{"Panel.Delay.LipOffset", {}}, {"Panel.NotMeasured", {}}};
    const double ms = number_in(status, "lip_offset_ms");
    const Tone tone = std::abs(ms) <= kGoodMs ? Tone::good : std::abs(ms) <= kBearableMs ? Tone::warning : Tone::error;
    const char* key = ms >= 0.5 ? "Panel.Delay.LipsLate" : ms <= -0.5 ? "Panel.Delay.LipsEarly" : "Panel.Delay.LipsExact";
    return {{"Panel.Delay.LipOffset", {}}, {key, {number_text(std::abs(ms), 0)}}, tone};
}

void take_delay(const json& status, StatusView& view) {
    const json& delay = field(status, "delay");
    if (number_in(delay, "total_ms") > 0) {
        view.delay_total = milliseconds(number_in(delay, "total_ms"));
        constexpr std::array<std::pair<const char*, const char*>, 6> kParts{{{"chunk_ms", "Panel.Delay.Chunk"},
                                                                             {"look_ahead_ms", "Panel.Delay.LookAhead"},
                                                                             {"compute_ms", "Panel.Delay.Compute"},
                                                                             {"frame_ms", "Panel.Delay.Frame"},
                                                                             {"transport_ms", "Panel.Delay.Transport"},
                                                                             {"extra_ms", "Panel.Delay.Extra"}}};
        for (const auto& [key, label] : kParts)
            if (is_number_in(delay, key)) view.delay_rows.push_back({{label, {}}, milliseconds(number_in(delay, key))});
    }
    if (!text_in(delay, "mode").empty()) view.delay_rows.push_back({{"Panel.Delay.Mode", {}}, delay_mode(delay)});
    view.delay_rows.push_back(lip_offset(status));
    view.delay_problem = Phrase::verbatim(text_in(delay, "problem"));
}

std::vector<Phrase> abilities_of(const json& engine) {
    constexpr std::array<std::string_view, 5> kKnown{"speaks", "hands", "style", "matte", "causal_decoder"};
    std::vector<Phrase> abilities;
    const json& list = field(engine, "capabilities");
    if (!list.is_array()) return abilities;
    for (const json& one : list) {
        if (!one.is_string()) continue;
        const auto name = one.get<std::string>();
        const bool known = std::find(kKnown.begin(), kKnown.end(), name) != kKnown.end();
        abilities.push_back(known ? Phrase{"Panel.Ability." + name, {}} : Phrase::verbatim(name));
    }
    return abilities;
}

Row chunk_time(const json& status) {
    const double budget_ms = number_in(field(status, "delay"), "chunk_ms");
    const json& stages = field(field(status, "session"), "stages");
    if (stages.is_array())
        for (const json& stage : stages) {
            if (text_in(stage, "stage") != "chunk" || integer_in(stage, "count") <= 0) continue;
            const double p50 = number_in(stage, "p50_ns") / 1e6, p95 = number_in(stage, "p95_ns") / 1e6;
            if (budget_ms <= 0) return {{"Panel.Engine.ChunkTime", {}}, {"Panel.Engine.ChunkTimes", {number_text(p50, 0), number_text(p95, 0)}}};
            return {{"Panel.Engine.ChunkTime", {}},
                    {"Panel.Engine.ChunkTimesOf", {number_text(p50, 0), number_text(p95, 0), number_text(budget_ms, 0)}},
                    p95 <= budget_ms ? Tone::good : p50 <= budget_ms ? Tone::warning : Tone::error};
        }
    return {{"Panel.Engine.ChunkTime", {}}, {"Panel.NotMeasured", {}}};
}

Row late_frames(const json& status) {
    const json& frames = field(status, "frames");
    const std::int64_t shown = integer_in(frames, "shown"), late = integer_in(frames, "late"), dropped = integer_in(frames, "dropped");
    const bool many = 100 * (late + dropped) > shown;  // more than one in a hundred
    const Tone tone = late + dropped == 0 ? Tone::neutral : many ? Tone::warning : Tone::neutral;
    return {{"Panel.Engine.Frames", {}}, {"Panel.Engine.FrameCounts", {std::to_string(shown), std::to_string(late), std::to_string(dropped)}}, tone};
}

/// Of the engine's whole process, which others may share with this source.
Row memory_use(const json& status) {
    constexpr double kGiB = 1 << 30, kScarceGiB = 0.5;
    const json& memory = field(field(status, "session"), "memory");
    const char* label = flag_in(memory, "graphics") ? "Panel.Engine.GraphicsMemory" : "Panel.Engine.Memory";
    const double held = number_in(memory, "held_bytes") / kGiB, free = number_in(memory, "free_bytes") / kGiB, total = number_in(memory, "total_bytes") / kGiB;
    if (held <= 0 || total <= 0) return {{label, {}}, {"Panel.NotMeasured", {}}};
    return {{label, {}}, {"Panel.Engine.MemoryUse", {number_text(held, 1), number_text(free, 1), number_text(total, 1)}}, free < kScarceGiB ? Tone::warning : Tone::neutral};
}

void take_engine(const json& status, StatusView& view) {
    const json& engine = field(status, "engine");
    const json& session = field(status, "session");
    const std::string state = text_in(engine, "state"), error = text_in(engine, "error"), session_error = text_in(session, "last_error");
    const std::string phase = text_in(session, "phase"), level = text_in(session, "degraded_level");

    if (state == "running" && phase == "failed") {
        view.engine_state = {"Panel.Engine.State.Failed", {}};
        view.engine_tone = Tone::error;
    } else if (state == "running" && (phase == "degraded" || (!level.empty() && level != "full"))) {
        view.engine_state = {"Panel.Engine.State.Degraded", {}};
        view.engine_tone = Tone::warning;
    } else if (state == "running") {
        view.engine_state = {"Panel.Engine.State.Running", {}};
        view.engine_tone = Tone::good;
    } else if (state == "starting") {
        view.engine_state = {"Panel.Engine.State.Starting", {}};
        view.engine_tone = Tone::busy;
    } else if (state == "pausing") {
        view.engine_state = {"Panel.Engine.State.Pausing", {}};
        view.engine_tone = Tone::warning;
    } else if (state == "off") {
        view.engine_state = {"Panel.Engine.State.Off", {}};
        view.engine_tone = error.empty() ? Tone::neutral : Tone::error;
    } else {
        view.engine_state = {"Panel.Unknown", {}};
    }
    view.can_restart = state == "running" || state == "pausing" || state == "starting" || (state == "off" && !error.empty());
    const bool works = state == "running" && phase != "failed";
    if (works && !error.empty()) view.engine_error = {"Panel.Engine.LastProblem", {error}};
    else view.engine_error = Phrase::verbatim(error.empty() ? session_error : error);
    view.engine_error_tone = works ? Tone::neutral : Tone::error;

    const std::string bundle = text_in(engine, "bundle"), version = text_in(engine, "bundle_version"), device = text_in(engine, "device");
    const Phrase unknown{"Panel.Unknown", {}};
    view.engine_rows.push_back({{"Panel.Engine.Model", {}}, bundle.empty() ? unknown : Phrase::verbatim(version.empty() ? bundle : bundle + " " + version)});
    view.abilities = abilities_of(engine);
    view.engine_rows.push_back({{"Panel.Engine.Device", {}}, device.empty() ? unknown : Phrase::verbatim(device)});
    view.engine_rows.push_back(chunk_time(status));
    view.engine_rows.push_back(late_frames(status));
    view.engine_rows.push_back(memory_use(status));
    const json& frames = field(status, "frames");
    if (integer_in(frames, "width") > 0)
        view.engine_rows.push_back({{"Panel.Engine.Output", {}},
                                    {"Panel.Engine.OutputSize",
                                     {std::to_string(integer_in(frames, "width")), std::to_string(integer_in(frames, "height")), number_text(number_in(frames, "fps"), 0)}}});
    if (integer_in(engine, "starts") > 1)
        view.engine_rows.push_back({{"Panel.Engine.Restarts", {}}, Phrase::verbatim(std::to_string(integer_in(engine, "starts") - 1)), Tone::warning});
}

void take_warnings(const json& status, StatusView& view) {
    for (const Remark& warning : remarks_from(field(field(status, "session"), "warnings"))) {
        const bool not_found = warning.code == "no_face", small = warning.code == "small_face";
        if (!not_found && !small) {
            view.warnings.push_back(Phrase::verbatim(warning.text));
        } else if (view.face != FaceProblem::not_found) {  // what was guessed in its place is small, too; that is not the point then
            view.face = not_found ? FaceProblem::not_found : FaceProblem::very_small;
            view.face_picture = warning.args.empty() ? std::string() : warning.args.front();
        }
    }
}

}  // namespace

StatusView status_view(std::string_view status_json) {
    const json status = parse_object(status_json);
    StatusView view;
    view.known = !status.empty();
    if (!view.known) {
        view.message = {"Panel.NoAnswer", {}};
        view.tone = Tone::warning;
        view.sound.text = {"Panel.Sound.Unknown", {}};
        view.engine_state = {"Panel.Unknown", {}};
        return view;
    }
    view.tone = tone_of_severity(text_in(status, "severity"));
    view.message = Phrase::verbatim(text_in(status, "message"));
    view.sound = sound_of(status);
    take_delay(status, view);
    take_engine(status, view);
    take_warnings(status, view);
    view.playing = text_in(field(status, "gesture"), "playing");
    view.queued = static_cast<int>(std::clamp<std::int64_t>(integer_in(field(status, "gesture"), "queued"), 0, 1000));
    view.paused = flag_in(status, "paused");
    const json& crop = field(field(status, "info"), "crop");
    if (crop.is_array() && crop.size() == 4 && std::all_of(crop.begin(), crop.end(), [](const json& number) { return number.is_number(); }))
        view.crop = crop.get<std::vector<double>>();
    return view;
}

}  // namespace mirrorme::ui
