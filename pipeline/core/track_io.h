#pragma once
// Key-point tracks on disk and on the wire (schema "mirrorme.key_point_track", version 1): gesture presets,
// performances, training tracks, and the one-frame sidecar `<picture>.points.json` that places a picture's points.
//
//   {"schema": "mirrorme.key_point_track", "version": 1, "fps": [24, 1], "unit": "torso",
//    "points": ["right_hand.wrist", ...], "scalars": ["yaw", ...],
//    "frames": [[x, y, confidence, ... one triple per point, ... one number per scalar], ...],
//    "preset": {"name": "wave", "title": "Wave", "hold": [12, 36], "ease_in_frames": 6, "ease_out_frames": 6}}

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/keypoints.h"
#include "core/time.h"

namespace mirrorme {

inline constexpr std::string_view kTrackSchema = "mirrorme.key_point_track";
inline constexpr int kTrackVersion = 1;
inline constexpr std::size_t kTrackFrameLimit = 24 * 60 * 60;           // one hour at 24 fps
inline constexpr std::size_t kTrackFileLimit = std::size_t{512} << 20;  // bytes

/// What x and y count. face: FaceFrame of the reference. torso: origin between the shoulder joints, 1 = half their
/// distance, x to the right of the picture, y down. pixels: of the picture the track belongs to.
enum class TrackUnit { face, torso, pixels };
std::string_view name_of(TrackUnit unit) noexcept;

/// What makes a track a gesture. Frame numbers are the track's own.
struct TrackPreset {
    std::string name;                      // stable: [a-z0-9_-]{1,64}
    std::string title;                     // shown to people
    std::optional<IndexSpan> hold;         // frames repeated while the gesture is held
    int ease_in_frames = 6, ease_out_frames = 6;  // blend from and to what the body does otherwise
    bool operator==(const TrackPreset&) const = default;
};

struct KeyPointTrack {
    Rational fps{24, 1};
    TrackUnit unit = TrackUnit::face;
    std::vector<int> points;      // indices into KeyPointFrame::points, no duplicates
    std::vector<Scalar> scalars;  // no duplicates
    std::vector<float> values;    // [frames][points * 3 + scalars], row-major
    std::optional<TrackPreset> preset;

    std::size_t row_size() const noexcept { return points.size() * 3 + scalars.size(); }
    std::size_t frame_count() const noexcept { return row_size() == 0 ? 0 : values.size() / row_size(); }
    /// Frame `index` with the track's points filled in; all others have confidence 0.
    KeyPointFrame frame(std::size_t index) const;
    /// Appends the track's points and scalars of `frame`.
    void append(const KeyPointFrame& frame);
    bool operator==(const KeyPointTrack&) const = default;
};

/// A track of every point and scalar, or of the ones given.
KeyPointTrack make_track(TrackUnit unit, Rational fps);
KeyPointTrack make_track(TrackUnit unit, Rational fps, std::vector<int> points, std::vector<Scalar> scalars);

/// Index of the point called `name` (core/keypoints.h, point_name), or -1.
int point_index(std::string_view name) noexcept;
std::optional<Scalar> scalar_from_name(std::string_view name) noexcept;

/// Errors name `subject` (the file), the field and the remedy.
KeyPointTrack track_from_json(std::string_view text, const std::string& subject);
std::string track_to_json(const KeyPointTrack& track);
KeyPointTrack read_track(const std::filesystem::path& file);
void write_track(const std::filesystem::path& file, const KeyPointTrack& track);

/// `<picture>.points.json` beside a picture.
std::filesystem::path points_sidecar_of(const std::filesystem::path& picture);

}  // namespace mirrorme
