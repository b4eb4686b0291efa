#include "core/track_io.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string>

#include "core/error.h"
#include "core/files.h"
#include "core/json_fields.h"

namespace mirrorme {
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 3> kUnitNames{"face", "torso", "pixels"};
constexpr double kCoordinateLimit = 1e6;
constexpr std::array<std::string_view, 8> kFields{"schema", "version", "fps", "unit", "points", "scalars", "frames", "preset"};
constexpr std::array<std::string_view, 5> kPresetFields{"name", "title", "hold", "ease_in_frames", "ease_out_frames"};

std::vector<std::string_view> all_point_names() {
    std::vector<std::string_view> names;
    for (int i = 0; i < point::kCount; ++i) names.push_back(point_name(i));
    return names;
}

/// Names in the list `key` turned into values by `find` (which gives -1 for an unknown name); no duplicates.
template <class Find>
std::vector<int> read_names(const JsonObject& in, std::string_view key, std::span<const std::string_view> known, Find find) {
    std::vector<int> found;
    for (const json& entry : in.array(key, known.size())) {
        if (!entry.is_string()) in.wrong(key, "holds something that is not a name", "Write names in quotes");
        const auto name = entry.get<std::string>();
        const int index = find(name);
        if (index < 0) {
            const std::string nearest = nearest_name(name, known);
            in.wrong(key, "holds the unknown name '" + name + "'", nearest.empty() ? "" : "Did you mean '" + nearest + "'?");
        }
        if (std::find(found.begin(), found.end(), index) != found.end()) in.wrong(key, "names '" + name + "' twice", "Remove one");
        found.push_back(index);
    }
    return found;
}

Rational read_fps(const JsonObject& in) {
    const json& fps = in.array("fps", 2);
    if (fps.size() != 2 || !fps[0].is_number_integer() || !fps[1].is_number_integer()) in.wrong("fps", "is not a pair of whole numbers", "Write [24, 1] for 24 frames a second");
    const Rational rate{fps[0].get<std::int64_t>(), fps[1].get<std::int64_t>()};
    if (rate.num < 1 || rate.num > 1'000'000 || rate.den < 1 || rate.den > 1'000'000 || rate.value() > 1000) in.wrong("fps", "is out of range", "Write a rate from above 0 to 1000");
    return rate;
}

void read_frames(const JsonObject& in, KeyPointTrack& track) {
    const json& frames = in.array("frames", kTrackFrameLimit);
    const std::size_t row = track.row_size();
    track.values.reserve(frames.size() * row);
    for (std::size_t f = 0; f < frames.size(); ++f) {
        const std::string field = "frames[" + std::to_string(f) + "]";
        if (!frames[f].is_array() || frames[f].size() != row)
            in.wrong(field, "does not hold " + std::to_string(row) + " numbers", "Write x, y, confidence for each point, then one number for each scalar");
        for (std::size_t i = 0; i < row; ++i) {
            const json& entry = frames[f][i];
            const double value = entry.is_number() ? entry.get<double>() : std::numeric_limits<double>::quiet_NaN();
            const bool confidence = i < track.points.size() * 3 && i % 3 == 2;
            const double low = confidence ? 0 : -kCoordinateLimit, high = confidence ? 1 : kCoordinateLimit;
            if (!(value >= low && value <= high))
                in.wrong(field + "[" + std::to_string(i) + "]", confidence ? "is not a confidence" : "is not a number in range",
                         confidence ? "Write a number from 0 to 1" : "Write a number from -1e6 to 1e6");
            track.values.push_back(static_cast<float>(value));
        }
    }
}

bool valid_preset_name(std::string_view name) {
    return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

TrackPreset read_preset(const JsonObject& in, std::int64_t frame_count) {
    in.refuse_unknown(kPresetFields);
    TrackPreset preset;
    preset.name = in.text("name");
    if (!valid_preset_name(preset.name)) in.wrong("name", "is not a name", "Use 1 to 64 of a-z, 0-9, _ and -");
    preset.title = in.has("title") ? in.text("title") : preset.name;
    if (in.has("ease_in_frames")) preset.ease_in_frames = static_cast<int>(in.integer("ease_in_frames", 0, 240));
    if (in.has("ease_out_frames")) preset.ease_out_frames = static_cast<int>(in.integer("ease_out_frames", 0, 240));
    if (in.has("hold")) {
        const json& hold = in.array("hold", 2);
        if (hold.size() != 2 || !hold[0].is_number_integer() || !hold[1].is_number_integer()) in.wrong("hold", "is not a pair of frame numbers", "Write [first, last]");
        const auto first = hold[0].get<std::int64_t>(), last = hold[1].get<std::int64_t>();
        if (first < 0 || last < first || last >= frame_count)
            in.wrong("hold", "does not lie in the track", "Give 0 <= first <= last <= " + std::to_string(frame_count - 1));
        preset.hold = IndexSpan{first, last + 1};
    }
    return preset;
}

}  // namespace

std::string_view name_of(TrackUnit unit) noexcept { return kUnitNames[static_cast<std::size_t>(unit)]; }

int point_index(std::string_view name) noexcept {
    for (int i = 0; i < point::kCount; ++i)
        if (point_name(i) == name) return i;
    return -1;
}

std::optional<Scalar> scalar_from_name(std::string_view name) noexcept {
    for (int i = 0; i < kScalarCount; ++i)
        if (name_of(static_cast<Scalar>(i)) == name) return static_cast<Scalar>(i);
    return std::nullopt;
}

KeyPointFrame KeyPointTrack::frame(std::size_t index) const {
    if (index >= frame_count()) throw Error(ErrorCode::internal, "key-point track", "has no frame " + std::to_string(index));
    const float* row = values.data() + index * row_size();
    KeyPointFrame out;
    for (const int p : points) {
        out.points[static_cast<std::size_t>(p)] = {row[0], row[1], row[2]};
        row += 3;
    }
    for (const Scalar s : scalars) out[s] = *row++;
    return out;
}

void KeyPointTrack::append(const KeyPointFrame& frame) {
    for (const int p : points) {
        const KeyPoint& point = frame.points[static_cast<std::size_t>(p)];
        values.insert(values.end(), {point.x, point.y, point.confidence});
    }
    for (const Scalar s : scalars) values.push_back(frame[s]);
}

KeyPointTrack make_track(TrackUnit unit, Rational fps, std::vector<int> points, std::vector<Scalar> scalars) {
    KeyPointTrack track;
    track.unit = unit;
    track.fps = fps;
    track.points = std::move(points);
    track.scalars = std::move(scalars);
    return track;
}

KeyPointTrack make_track(TrackUnit unit, Rational fps) {
    std::vector<int> points(point::kCount);
    std::vector<Scalar> scalars(kScalarCount);
    for (int i = 0; i < point::kCount; ++i) points[static_cast<std::size_t>(i)] = i;
    for (int i = 0; i < kScalarCount; ++i) scalars[static_cast<std::size_t>(i)] = static_cast<Scalar>(i);
    return make_track(unit, fps, std::move(points), std::move(scalars));
}

KeyPointTrack track_from_json(std::string_view text, const std::string& subject) {
    if (text.size() > kTrackFileLimit) throw Error(ErrorCode::too_large, subject, "is larger than " + std::to_string(kTrackFileLimit >> 20) + " MiB");
    const json document = parse_json(text, subject);
    const JsonObject in(document, subject);
    if (in.text("schema") != kTrackSchema) in.wrong("schema", "is not '" + std::string(kTrackSchema) + "'", "This is not a key-point track");
    const std::int64_t version = in.integer("version", 1, INT32_MAX);
    if (version > kTrackVersion) in.wrong("version", "is " + std::to_string(version) + ", this program reads up to " + std::to_string(kTrackVersion), "Update the program");
    in.refuse_unknown(kFields);

    KeyPointTrack track;
    track.fps = read_fps(in);
    const std::string unit = in.text("unit");
    const auto found = std::find(kUnitNames.begin(), kUnitNames.end(), unit);
    if (found == kUnitNames.end()) in.wrong("unit", "is '" + unit + "'", "Write face, torso or pixels");
    track.unit = static_cast<TrackUnit>(found - kUnitNames.begin());

    static const std::vector<std::string_view> point_names = all_point_names();
    track.points = read_names(in, "points", point_names, point_index);
    std::vector<std::string_view> scalar_names;
    for (int i = 0; i < kScalarCount; ++i) scalar_names.push_back(name_of(static_cast<Scalar>(i)));
    if (in.has("scalars"))
        for (const int s : read_names(in, "scalars", scalar_names, [](std::string_view name) {
                 const auto scalar = scalar_from_name(name);
                 return scalar ? static_cast<int>(*scalar) : -1;
             }))
            track.scalars.push_back(static_cast<Scalar>(s));
    if (track.row_size() == 0) in.wrong("points", "is empty and there are no scalars", "Name at least one");
    read_frames(in, track);
    if (track.frame_count() == 0) in.wrong("frames", "is empty", "Write at least one frame");
    if (in.has("preset")) track.preset = read_preset(in.object("preset"), static_cast<std::int64_t>(track.frame_count()));
    return track;
}

std::string track_to_json(const KeyPointTrack& track) {
    json head{{"schema", kTrackSchema}, {"version", kTrackVersion}, {"fps", {track.fps.num, track.fps.den}}, {"unit", name_of(track.unit)}};
    head["points"] = json::array();
    for (const int p : track.points) head["points"].push_back(point_name(p));
    head["scalars"] = json::array();
    for (const Scalar s : track.scalars) head["scalars"].push_back(name_of(s));
    if (track.preset) {
        const TrackPreset& preset = *track.preset;
        head["preset"] = {{"name", preset.name}, {"title", preset.title}, {"ease_in_frames", preset.ease_in_frames}, {"ease_out_frames", preset.ease_out_frames}};
        if (preset.hold) head["preset"]["hold"] = {preset.hold->first, preset.hold->end - 1};
    }
    // One frame a line, by hand: readable diffs, and no copy of a long track as a JSON tree.
    std::string out = head.dump();
    out.pop_back();
    out += ",\n\"frames\": [\n";
    const std::size_t frames = track.frame_count(), row = track.row_size();
    char number[32];  // the shortest text that reads back as the same float
    for (std::size_t f = 0; f < frames; ++f) {
        out += '[';
        for (std::size_t i = 0; i < row; ++i) {
            if (i != 0) out += ',';
            out.append(number, std::to_chars(number, number + sizeof number, track.values[f * row + i]).ptr);
        }
        out += f + 1 < frames ? "],\n" : "]\n";
    }
    return out + "]}\n";
}

KeyPointTrack read_track(const std::filesystem::path& file) { return track_from_json(read_text_file(file, kTrackFileLimit), file.string()); }

void write_track(const std::filesystem::path& file, const KeyPointTrack& track) { write_file(file, track_to_json(track)); }

std::filesystem::path points_sidecar_of(const std::filesystem::path& picture) {
    std::filesystem::path sidecar = picture;
    sidecar += ".points.json";
    return sidecar;
}

}  // namespace mirrorme
