#pragma once
// The engine as its users see it: plain structs, one abstract Engine, one abstract Session. No torch, no gRPC, no OBS.
// Implemented by LocalEngine (engine/), TestCardEngine (engine/test_card/) and the service's client (service/).
//
// Note [Session threads]
// One thread pushes audio (push_audio, end_of_audio), one polls frames (poll_frame); they may be the same.
// command(), update_settings(), status() and reference_still() may be called from any thread at any time.
// No call waits for the model, except poll_frame for as long as it is told to.
// A session must be destroyed before the engine that opened it, with no call in flight.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/image.h"
#include "core/settings.h"
#include "core/status.h"
#include "core/time.h"
#include "core/track_io.h"
#include "core/video_frame.h"

namespace mirrorme {

/// Raised by every incompatible change of this header; the service's handshake carries it.
inline constexpr int kEngineApiVersion = 1;

/// realtime: chunks have deadlines, quality degrades rather than time, nothing ever waits for the reader.
/// offline: nothing is late, nothing is dropped, full queues make the session wait.
enum class SessionMode { realtime, offline };
std::string_view name_of(SessionMode mode) noexcept;

/// The picture: the bytes of its file, or a path the engine's own machine can read.
struct PictureInput {
    std::string path;                  // also the name used in messages
    std::vector<std::uint8_t> encoded;  // file content; empty = read `path`
    std::string points_json;           // key-point track of one frame in pixels; empty = the sidecar of `path`, else found by the model
    bool operator==(const PictureInput&) const = default;
};

/// Everything a session is opened with. Plain data: it crosses the wire (service/convert.h).
struct SessionConfig {
    SessionMode mode = SessionMode::offline;
    Rational sample_rate{48000, 1};  // of push_audio; 8000 .. 192000
    PictureInput picture;            // path empty: settings.image
    Settings settings;
    std::vector<KeyPointTrack> gestures;  // presets the session knows by name
    int queue_chunks = 2;            // finished chunks that may wait for the reader, 1 .. 64
    std::int64_t slack_ns = 0;       // realtime: the reader shows frames this much later than L, so chunks may be; 0 .. 5 s
    bool operator==(const SessionConfig&) const = default;
};

/// Error{usage} naming the field: rates, queue length, settings out of range, a gesture without a name or not in torso units.
void validate(const SessionConfig& config);

/// What the session turned the config into. Fixed for the session's life.
struct SessionInfo {
    int width = 0, height = 0;  // pixels of a frame
    Rational fps{24, 1};
    Rational sample_rate{48000, 1};
    int chunk_frames = 0;       // frames of every chunk but the first
    LatencyParts latency;
    std::vector<double> crop;   // x, y, width, height in pixels of the given picture: what the frame shows
    std::vector<Remark> warnings;
    bool operator==(const SessionInfo&) const = default;
};

enum class CommandKind {
    gesture,       // play the preset once
    hold,          // play it and stay in its hold span until `stop`
    stop,          // ease out of the gesture named, or of any when the name is empty
};
std::string_view name_of(CommandKind kind) noexcept;

struct Command {
    CommandKind kind = CommandKind::gesture;
    std::string gesture;      // name of a preset
    SampleIndex at = 0;       // media time it takes effect; in the past = as soon as possible
    std::optional<KeyPointTrack> track;  // a preset the session does not know yet; its name is `gesture`
    bool operator==(const Command&) const = default;
};

/// One push's fate: accepted + refused = samples given. offline: push the refused ones again later. realtime: they are lost and counted.
struct PushResult {
    std::int64_t accepted = 0, refused = 0;
};

enum class PollResult {
    frame,     // `frame` is filled
    empty,     // nothing within the time given
    finished,  // every frame has been handed out
    failed,    // status().last_error says why; nothing more will come
};
std::string_view name_of(PollResult result) noexcept;

class Session {
public:
    virtual ~Session() = default;

    virtual const SessionInfo& info() const noexcept = 0;

    /// Mono samples in -1..1 at absolute index `first_sample` of the session's rate. Gaps become silence, repeats are dropped.
    /// Never blocks, never allocates.
    virtual PushResult push_audio(SampleIndex first_sample, std::span<const float> samples) noexcept = 0;
    /// No sample will follow; frames up to the last one pushed are made, then poll_frame says finished.
    virtual void end_of_audio() noexcept = 0;

    /// Acknowledged at once: none, or the reason it was refused (not_found: no such gesture). Takes effect at command.at.
    virtual ErrorCode command(const Command& command) = 0;
    /// Live settings are taken over by the first chunk, not yet made, that begins at media time `at` or later; others are left as they were (see
    /// rebuild_needed). Snapshots come in order of time.
    virtual void update_settings(std::shared_ptr<const Settings> settings, SampleIndex at = 0) = 0;

    /// The next frame in order of time, waiting for it at most `wait`.
    virtual PollResult poll_frame(VideoFrame& frame, std::chrono::nanoseconds wait) = 0;
    virtual StatusSnapshot status() const = 0;
    /// The picture as the frames show it (cropped, scaled, background treated), to be shown before the first frame.
    virtual VideoFrame reference_still() = 0;
};

struct EngineInfo {
    int api_version = kEngineApiVersion;
    std::string backend;         // "local", "test_card"
    std::string bundle, bundle_version;
    std::string device;          // "cpu", "cuda:0 NVIDIA ..."
    std::vector<std::string> capabilities;  // of the bundle: speaks, hands, style, matte, causal_decoder
    int width = 0, height = 0;
    Rational fps{24, 1};
    bool operator==(const EngineInfo&) const = default;
};

// JSON of what panels, procs and the websocket exchange. *_from_json: unknown fields are ignored, missing ones keep their
// defaults; Error{unreadable, mismatch} names the field.
std::string to_json(const SessionInfo& info);
std::string to_json(const EngineInfo& info);
std::string to_json(const Command& command);
SessionInfo session_info_from_json(std::string_view text);
EngineInfo engine_info_from_json(std::string_view text);
Command command_from_json(std::string_view text);

/// Weights, loaded once; sessions share them. Thread-safe.
class Engine {
public:
    virtual ~Engine() = default;
    virtual const EngineInfo& info() const noexcept = 0;
    /// Prepares the picture and the first buffers: seconds. Throws Error; Error{cancelled} soon after `stop` was asked for, if it was not open by then.
    std::unique_ptr<Session> open_session(const SessionConfig& config, std::stop_token stop = {}) {
        validate(config);
        return make_session(config, std::move(stop));
    }

protected:
    /// `config` is valid.
    virtual std::unique_ptr<Session> make_session(const SessionConfig& config, std::stop_token stop) = 0;
};

}  // namespace mirrorme
