#pragma once
// What most tests begin with: a canvas of one colour, a voice, and an avatar on the test-card engine at the left.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "obs/host/avatar.h"
#include "obs/host/lips.h"
#include "obs/host/obs_host.h"
#include "obs/host/recorder.h"
#include "obs/host/voice.h"

namespace mirrorme::testing {

/// The test card is 256 x 384: so scaled it fills the canvas's height.
inline constexpr float kCardScale = 360.0f / 384;
inline constexpr CardView kLeftView{0, 0, 240, 360}, kRightView{400, 0, 240, 360};
/// One canvas frame: what lips may be off by.
inline constexpr double kFrameMs = 1000.0 / 30;
inline constexpr std::uint32_t kSeed = 1;

class Stage {
public:
    /// `settings_json` is the avatar's; `voice` the name of what it listens to; `voice_json` the settings of "Voice" (voice.h).
    explicit Stage(const std::string& settings_json = "{}", const HostOptions& options = {}, const std::string& voice = "Voice",
                   const std::string& voice_json = "{}");
    ~Stage() { close(); }

    Avatar& avatar() { return *parts_->avatar; }
    obs_source_t* voice() { return parts_->voice.get(); }
    obs_source_t* background() { return parts_->background.get(); }
    Recorder& recorder() { return *parts_->recorder; }
    ShownScene& scene() { return *parts_->scene; }
    ObsHost& host() { return host_; }
    obs_sceneitem_t* avatar_item() { return parts_->avatar_item; }

    void drop_voice() { parts_->voice.reset(); }
    void drop_avatar() { parts_->avatar.reset(); }

    /// Lets go of everything; what libobs then still has.
    long close();

private:
    struct Parts {
        std::unique_ptr<ShownScene> scene;
        SourcePtr background, voice;
        std::unique_ptr<Avatar> avatar;
        obs_sceneitem_t* avatar_item = nullptr;
        std::unique_ptr<Recorder> recorder;
    };
    ObsHost host_;
    std::unique_ptr<Parts> parts_;
};

/// Frames and sound of the next `seconds`.
struct Take {
    std::vector<SeenFrame> frames;
    HeardSound sound;
};
Take record(Recorder& recorder, double seconds);

/// Media times shown in view `view` that differ from the one before.
int changes(const std::vector<SeenFrame>& frames, std::size_t view);
float widest_mouth(const std::vector<SeenFrame>& frames, std::size_t view);

}  // namespace mirrorme::testing
