#include "service/client/convert.h"

#include <bit>
#include <cstring>
#include <limits>

namespace mirrorme {
namespace {

static_assert(std::endian::native == std::endian::little, "samples cross the wire little-endian");

[[noreturn]] void wrong(const std::string& field, const std::string& problem) {
    throw Error(ErrorCode::mismatch, "message field '" + field + "'", problem, "Both sides must be of one version");
}

}  // namespace

ErrorCode error_code_from_name(std::string_view name) noexcept {
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
        if (name_of(static_cast<ErrorCode>(i)) == name) return static_cast<ErrorCode>(i);
    return ErrorCode::internal;
}

v1::Rational to_wire(Rational rate) {
    v1::Rational out;
    out.set_num(rate.num);
    out.set_den(rate.den);
    return out;
}

Rational from_wire(const v1::Rational& rate) {
    if (rate.num() < 1 || rate.den() < 1) wrong("rate", "is not positive");
    return {rate.num(), rate.den()};
}

v1::SettingsSnapshot to_wire(const Settings& settings) {
    v1::SettingsSnapshot out;
    out.set_json(settings_to_json(settings));
    return out;
}

Settings from_wire(const v1::SettingsSnapshot& settings) { return settings_from_json(settings.json(), "settings message", UnknownFields::ignore); }

v1::OpenSession to_wire(const SessionConfig& config) {
    v1::OpenSession out;
    out.set_mode(config.mode == SessionMode::realtime ? v1::OpenSession::MODE_REALTIME : v1::OpenSession::MODE_OFFLINE);
    *out.mutable_sample_rate() = to_wire(config.sample_rate);
    v1::Picture& picture = *out.mutable_picture();
    picture.set_path(config.picture.path);
    picture.set_encoded(config.picture.encoded.data(), config.picture.encoded.size());
    picture.set_points_json(config.picture.points_json);
    *out.mutable_settings() = to_wire(config.settings);
    for (const KeyPointTrack& track : config.gestures) out.add_gesture_tracks_json(track_to_json(track));
    out.set_queue_chunks(static_cast<std::uint32_t>(config.queue_chunks));
    out.set_slack_ns(config.slack_ns);
    return out;
}

SessionConfig from_wire(const v1::OpenSession& open) {
    SessionConfig config;
    switch (open.mode()) {
        case v1::OpenSession::MODE_REALTIME: config.mode = SessionMode::realtime; break;
        case v1::OpenSession::MODE_OFFLINE: config.mode = SessionMode::offline; break;
        default: wrong("mode", "is none this version knows");
    }
    config.sample_rate = from_wire(open.sample_rate());
    config.picture.path = open.picture().path();
    const std::string& encoded = open.picture().encoded();
    if (encoded.size() > kWirePictureLimit)
        throw Error(ErrorCode::too_large, "picture '" + config.picture.path + "'", "has more than " + std::to_string(kWirePictureLimit >> 20) + " MiB", "Use a smaller file");
    config.picture.encoded.assign(encoded.begin(), encoded.end());
    config.picture.points_json = open.picture().points_json();
    config.settings = from_wire(open.settings());
    if (open.gesture_tracks_json_size() > kWireGestureLimit)
        throw Error(ErrorCode::too_large, "gestures", "are more than " + std::to_string(kWireGestureLimit), "Remove some presets");
    for (const std::string& track : open.gesture_tracks_json()) config.gestures.push_back(track_from_json(track, "gesture message"));
    if (open.queue_chunks() > static_cast<std::uint32_t>(std::numeric_limits<int>::max())) wrong("queue_chunks", "is out of range");
    config.queue_chunks = static_cast<int>(open.queue_chunks());
    config.slack_ns = open.slack_ns();
    validate(config);
    return config;
}

v1::AudioBlock audio_to_wire(SampleIndex first_sample, std::span<const float> samples) {
    v1::AudioBlock out;
    out.set_first_sample(first_sample);
    out.set_samples(samples.data(), samples.size_bytes());
    return out;
}

SampleIndex audio_from_wire(const v1::AudioBlock& block, std::vector<float>& samples) {
    const std::string& bytes = block.samples();
    if (bytes.size() % sizeof(float) != 0) wrong("audio.samples", "holds part of a sample");
    if (bytes.size() / sizeof(float) > kWireAudioBlockLimit)
        throw Error(ErrorCode::too_large, "audio block", "has more than " + std::to_string(kWireAudioBlockLimit) + " samples", "Send smaller blocks");
    samples.resize(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), bytes.size());
    // A microphone driver that sends NaN must not poison the model's memory.
    for (float& x : samples)
        if (!(x >= -16.0f && x <= 16.0f)) x = 0;
    return block.first_sample();
}

v1::Command to_wire(const Command& command) {
    v1::Command out;
    switch (command.kind) {
        case CommandKind::gesture: out.set_kind(v1::Command::KIND_GESTURE); break;
        case CommandKind::hold: out.set_kind(v1::Command::KIND_HOLD); break;
        case CommandKind::stop: out.set_kind(v1::Command::KIND_STOP); break;
    }
    out.set_gesture(command.gesture);
    out.set_at_sample(command.at);
    if (command.track) out.set_track_json(track_to_json(*command.track));
    return out;
}

Command from_wire(const v1::Command& command) {
    Command out;
    switch (command.kind()) {
        case v1::Command::KIND_GESTURE: out.kind = CommandKind::gesture; break;
        case v1::Command::KIND_HOLD: out.kind = CommandKind::hold; break;
        case v1::Command::KIND_STOP: out.kind = CommandKind::stop; break;
        default: wrong("command.kind", "is none this version knows");
    }
    out.gesture = command.gesture();
    out.at = command.at_sample();
    if (!command.track_json().empty()) out.track = track_from_json(command.track_json(), "command message");
    return out;
}

v1::Frame to_wire(const VideoFrame& frame) {
    v1::Frame out;
    out.set_index(frame.index);
    out.set_first_sample(frame.first_sample);
    out.set_width(static_cast<std::uint32_t>(frame.width));
    out.set_height(static_cast<std::uint32_t>(frame.height));
    out.set_degraded(static_cast<std::uint32_t>(frame.degraded));
    if (frame.pixels) out.set_pixels(frame.pixels->data(), frame.pixels->size());
    return out;
}

VideoFrame from_wire(const v1::Frame& frame) {
    if (frame.width() == 0 || frame.height() == 0 || frame.width() > kWireFrameSideLimit || frame.height() > kWireFrameSideLimit)
        wrong("frame", "is " + std::to_string(frame.width()) + " x " + std::to_string(frame.height()) + " pixels");
    if (frame.pixels().size() != std::size_t{4} * frame.width() * frame.height()) wrong("frame.pixels", "does not match the frame's size");
    VideoFrame out;
    out.index = frame.index();
    out.first_sample = frame.first_sample();
    out.width = static_cast<int>(frame.width());
    out.height = static_cast<int>(frame.height());
    out.degraded = static_cast<int>(frame.degraded());
    out.pixels = std::make_shared<const FramePixels>(frame.pixels().begin(), frame.pixels().end());
    return out;
}

v1::Status to_wire(const StatusSnapshot& status) {
    v1::Status out;
    out.set_json(status_to_json(status));
    return out;
}

StatusSnapshot from_wire(const v1::Status& status) { return status_from_json(status.json()); }

v1::Failure to_wire(const Error& error) {
    v1::Failure out;
    out.set_error(std::string(name_of(error.code())));
    out.set_subject(error.subject());
    out.set_problem(error.problem());
    out.set_remedy(error.remedy());
    return out;
}

Error from_wire(const v1::Failure& failure) {
    return Error(error_code_from_name(failure.error()), failure.subject(), failure.problem(), failure.remedy());
}

}  // namespace mirrorme
