#include "cli/recorded_take.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/json_fields.h"
#include "engine/api/event_log_format.h"

namespace mirrorme::cli {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kFileLimit = std::uintmax_t{256} << 20;
constexpr std::int64_t kSampleLimit = std::int64_t{1} << 40;

CommandKind kind_from(const JsonObject& event) {
    const std::string kind = event.text("kind");
    for (const CommandKind one : {CommandKind::gesture, CommandKind::hold, CommandKind::stop})
        if (name_of(one) == kind) return one;
    event.wrong("kind", "'" + kind + "' is not an event", "Known are gesture, hold, stop and settings");
}

void read_header(RecordedTake& take, const JsonObject& header, const std::filesystem::path& file) {
    if (header.text("schema") != kEventLogSchema) header.wrong("schema", "this is not an event log", "Give the events.jsonl of a take");
    if (header.integer("version", 1, 1 << 30) > kEventLogVersion) header.wrong("version", "the log is of a newer version", "Update this program");
    const json& rate = header.array("sample_rate", 2);
    if (rate.size() != 2 || !rate[0].is_number_integer() || !rate[1].is_number_integer() || rate[1].get<std::int64_t>() != 1)
        header.wrong("sample_rate", "is not a whole number of samples a second", "Write [48000, 1]");
    take.sample_rate = {rate[0].get<std::int64_t>(), 1};
    const std::filesystem::path sound = header.text("sound");
    if (sound.filename() != sound) header.wrong("sound", "names a file elsewhere", "The sound lies beside the log");
    take.sound = file.parent_path() / sound;
    take.settings = settings_from_json(header.raw("settings").dump(), header.subject(), UnknownFields::ignore);
}

void read_event(RecordedTake& take, const JsonObject& event) {
    const SampleIndex at = event.integer("at", -kSampleLimit, kSampleLimit);
    if (event.text("kind") == "settings") {
        take.changes.push_back({at, settings_from_json(event.raw("settings").dump(), event.subject(), UnknownFields::ignore)});
        return;
    }
    Command command;
    command.kind = kind_from(event);
    command.gesture = event.text("gesture");
    command.at = std::max<SampleIndex>(at, 0);
    if (event.has("track")) {
        KeyPointTrack track = track_from_json(event.raw("track").dump(), event.subject());
        if (!track.preset) event.wrong("track", "is no gesture: it has no preset", "Take the line out");
        take.tracks.push_back(std::move(track));
    }
    take.commands.push_back(std::move(command));
}

}  // namespace

RecordedTake read_take(const std::filesystem::path& events) {
    std::istringstream lines(read_text_file(events, kFileLimit));
    RecordedTake take;
    std::string line;
    for (int number = 1; std::getline(lines, line); ++number) {
        const bool whole = !lines.eof();  // a line ends with its newline
        const std::string subject = events.string() + ", line " + std::to_string(number);
        if (!whole && number > 1) break;
        const json document = parse_json(line, subject);
        const JsonObject object(document, subject);
        if (number == 1) read_header(take, object, events);
        else read_event(take, object);
    }
    if (take.sound.empty()) throw Error(ErrorCode::unreadable, events.string(), "is empty", "Give the events.jsonl of a take");
    return take;
}

}  // namespace mirrorme::cli
