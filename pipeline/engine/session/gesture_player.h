#pragma once
// Gesture presets in time: which pose the body is asked for at each frame.

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/keypoints.h"
#include "core/time.h"
#include "core/track_io.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

/// The pose asked for in one frame. Points in torso units; confidence 1 = asked for, 0 = free. What a track knows is asked for whether the
/// point was seen or not: a hidden finger has a place, too. Only a point at the origin with confidence 0 is unknown.
struct GesturePose {
    KeyPointFrame points;
    float weight = 0;  // 0 = nothing asked .. 1 = the preset alone; between: easing in or out
};

/// Plays presets at the media time they were asked for. A new gesture cross-fades over the one before. Frames are asked for in
/// rising order. One thread.
class GesturePlayer {
public:
    static constexpr std::size_t kPendingLimit = 1024;

    explicit GesturePlayer(Rational fps) : fps_(fps) {}

    /// Queues a command for frame `at`; one for the past takes effect at the next frame asked for. `track` is the preset of
    /// kinds gesture and hold. False when kPendingLimit commands wait already.
    bool add(CommandKind kind, std::string gesture, FrameIndex at, std::shared_ptr<const KeyPointTrack> track);

    std::size_t pending() const noexcept { return pending_.size(); }

    GesturePose pose_at(FrameIndex frame);
    /// Name of the newest gesture that is playing; empty when none is.
    const std::string& playing() const noexcept { return playing_name_; }

private:
    struct Pending {
        CommandKind kind;
        std::string gesture;
        FrameIndex at;
        std::shared_ptr<const KeyPointTrack> track;
    };
    struct Playing {
        std::string name;
        std::shared_ptr<const KeyPointTrack> track;
        FrameIndex start;
        bool holding;                        // stays in the hold span until stopped
        std::optional<FrameIndex> released;  // when a hold was stopped
        double released_position = 0;        // track frames, where it was then
        std::optional<FrameIndex> fade;      // when it began to give way
        int fade_frames = 1;
    };

    void start_due(FrameIndex frame);
    void stop(const std::string& gesture, FrameIndex frame);
    double position(const Playing& playing, FrameIndex frame) const;
    float weight(const Playing& playing, FrameIndex frame) const;

    Rational fps_;
    std::vector<Pending> pending_;
    std::vector<Playing> playing_;
    std::string playing_name_;
};

/// Frame at `position` (in frames, clamped) of a track, linear between neighbours.
KeyPointFrame interpolated(const KeyPointTrack& track, double position);

}  // namespace mirrorme
