#include "obs/host/stage.h"

#include <algorithm>
#include <thread>

namespace mirrorme::testing {

Stage::Stage(const std::string& settings_json, const HostOptions& options, const std::string& voice, const std::string& voice_json)
    : host_(options), parts_(std::make_unique<Parts>()) {
    parts_->scene = std::make_unique<ShownScene>();
    parts_->background = make_background(0x204060, options);
    parts_->scene->add(parts_->background.get());
    parts_->voice = make_source(kVoiceId, "Voice", voice_json);
    parts_->scene->add(parts_->voice.get());
    parts_->avatar = std::make_unique<Avatar>("Avatar", voice, settings_json);
    parts_->avatar_item = parts_->scene->add(parts_->avatar->source(), {0, 0, kCardScale});
    parts_->recorder = std::make_unique<Recorder>(std::vector<CardView>{kLeftView, kRightView});
}

long Stage::close() {
    if (parts_) {
        parts_->recorder.reset();
        parts_->avatar.reset();
        parts_->voice.reset();
        parts_->background.reset();
        parts_.reset();
    }
    return host_.shut_down();
}

Take record(Recorder& recorder, double seconds) {
    recorder.clear();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    Take take{recorder.frames(), recorder.sound()};
    std::this_thread::sleep_for(std::chrono::milliseconds(200));  // who was kept waiting for a processor says so when the waiting is over
    return take;
}

int changes(const std::vector<SeenFrame>& frames, std::size_t view) {
    int count = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) count += frames[i].card[view] != frames[i - 1].card[view] ? 1 : 0;
    return count;
}

float widest_mouth(const std::vector<SeenFrame>& frames, std::size_t view) {
    float widest = 0;
    for (const SeenFrame& frame : frames) widest = std::max(widest, frame.mouth[view]);
    return widest;
}

}  // namespace mirrorme::testing
