#pragma once
// The source in OBS: one AvatarCore, one input, one texture.

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "plugin/audio_input.h"
#include "plugin/gesture_hotkeys.h"
#include "plugin/host/avatar_core.h"
#include "plugin/module_state.h"

namespace mirrorme {

/// libobs callbacks come from the threads of plugin/README.md; each hands over a value and returns.
class AvatarSource final : private CoreHost {
public:
    static constexpr const char* kId = "mirrorme_avatar";

    AvatarSource(obs_source_t* source, obs_data_t* settings);
    ~AvatarSource() override;
    AvatarSource(const AvatarSource&) = delete;
    AvatarSource& operator=(const AvatarSource&) = delete;

    void update(obs_data_t* settings);
    void load();
    void save();
    void set_showing(bool showing) { core_->set_showing(showing); }
    void video_tick();                       // graphics thread
    void video_render(gs_effect_t* effect);  // graphics thread
    std::uint32_t width() const noexcept { return width_.load(std::memory_order_relaxed); }
    std::uint32_t height() const noexcept { return height_.load(std::memory_order_relaxed); }

    AvatarCore& core() noexcept { return *core_; }
    const AvatarCore& core() const noexcept { return *core_; }
    obs_source_t* source() const noexcept { return source_; }
    std::shared_ptr<const AvatarConfig> config() const;
    void restart_engine();
    /// In the language OBS runs in.
    std::string said(const Remark& remark) const { return mirrorme::said(remark, *this); }

private:
    // CoreHost, on the core's worker:
    void look_after(std::int64_t now_ns, const DelayStatus& delay, InputStatus& input, bool& applied, std::string& problem) override;
    bool outputs_active() override;
    void play(Heard what, std::int64_t host_ns, std::span<const std::span<const float>> channels) override;
    void prepare(VideoFrame& frame) override;
    void still(const VideoFrame& still, const SessionInfo& info) override;
    void changed(const AvatarStatus& status) override;
    void gesture_event(const GestureEvent& event) override;
    std::string text(const char* key) const override { return obs_module_text(key); }

    static void source_renamed(void* self, calldata_t* data);
    void look_after_delay(std::int64_t now_ns, const DelayStatus& delay, bool& applied, std::string& problem);
    void signal(const char* name, std::initializer_list<std::pair<const char*, std::string>> texts);
    void load_first_still(const AvatarConfig& config);
    void set_still(VideoFrame still);
    void set_size(OutputSize size, int frame_width, int frame_height);
    void upload(gs_texture_t*& texture, const VideoFrame& frame);

    obs_source_t* source_;
    std::atomic<std::uint32_t> width_, height_;
    std::atomic<std::uint32_t> frame_width_, frame_height_;  // of the model

    mutable std::mutex mutex_;                    // of the two below, for a few instructions
    std::shared_ptr<const AvatarConfig> config_;
    VideoFrame new_still_;                        // to be uploaded, red first
    std::atomic<bool> has_new_still_{false};

    // Graphics thread only:
    gs_texture_t* live_texture_ = nullptr;
    gs_texture_t* still_texture_ = nullptr;
    bool live_frame_ = false;  // live_texture_ is of the present, not of before the avatar slept

    // Worker only:
    GestureWatch gesture_watch_{module_state().gestures};
    std::vector<GestureSlot> described_;  // slots the hotkeys' descriptions speak of
    std::string still_of_;           // picture and crop the still picture was made of
    std::int64_t last_active_ns_ = 0, delay_looked_ns_ = 0, last_play_ns_ = 0;
    bool delay_applied_ = false;
    std::string delay_problem_;
    float voice_volume_ = 1;
    std::vector<std::vector<float>> played_;
    Severity told_ = Severity::busy;

    std::unique_ptr<AvatarCore> core_;    // its worker uses everything above and input_
    std::unique_ptr<AudioInput> input_;
    std::unique_ptr<GestureHotkeys> hotkeys_;
};

/// Registers the source type.
void register_avatar_source();

}  // namespace mirrorme
