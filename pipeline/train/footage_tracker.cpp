#include "train/footage_tracker.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "codec/motion/picture_reader.h"
#include "core/error.h"
#include "media/video_reader.h"
#include "train/recorded_speech.h"

namespace mirrorme {
namespace {

constexpr float kFound = 0.5f;      // presence at which a face counts as seen
constexpr double kLimitSeconds = 3600;

/// The whole sound at 16 kHz; empty when there is none.
std::vector<std::int16_t> sound_of(const std::filesystem::path& video) {
    std::vector<float> sound;
    try {
        sound = read_speech(video);
    } catch (const Error& e) {
        if (e.code() != ErrorCode::unreadable) throw;
        return {};  // silent films teach how people move
    }
    std::vector<std::int16_t> out(sound.size());
    std::transform(sound.begin(), sound.end(), out.begin(), [](float v) { return static_cast<std::int16_t>(std::lround(v * 32767)); });
    return out;
}

}  // namespace

Footage track_footage(PointsNet& net, const std::filesystem::path& video, const std::function<void(double)>& progress) {
    VideoReader reader({video.string()});
    Footage footage;
    std::optional<FaceFrame> face;
    TimedPicture picture;
    while (reader.read(picture) && picture.time_s < kLimitSeconds) {
        const auto due = static_cast<std::size_t>(std::max(0.0, std::floor(picture.time_s * 24 + 0.5)) + 1);  // frames wanted up to here
        if (due <= footage.frames.size()) continue;
        const PictureReading reading = face ? read_picture_near(net, picture.image, *face) : read_picture(net, picture.image);
        const bool seen = reading.presence >= kFound;
        face = seen ? std::optional(face_frame_of(reading.points)) : std::nullopt;
        footage.frames.resize(due, reading.points);
        footage.seen.resize(due, seen);
        if (reader.facts().duration_s) progress(std::min(1.0, picture.time_s / *reader.facts().duration_s));
    }
    footage.sound = sound_of(video);
    return footage;
}

}  // namespace mirrorme
