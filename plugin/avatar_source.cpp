#include "plugin/avatar_source.h"

#include <util/platform.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

#include "core/log.h"
#include "plugin/source_procs.h"
#include "plugin/source_properties.h"
#include "plugin/still_picture.h"

namespace mirrorme {
namespace {

constexpr std::uint32_t kFirstWidth = 256, kFirstHeight = 384;  // of the embedded model, until a session says otherwise
constexpr std::int64_t kDelayLookNs = 100'000'000;
constexpr std::int64_t kLingerNs = 1'000'000'000;     // off program this long before the voice's delay is undone: a cut and back is one
constexpr std::int64_t kClipTailNs = 3'000'000'000;

Rational audio_rate() { return {static_cast<std::int64_t>(audio_output_get_sample_rate(obs_get_audio())), 1}; }

/// libobs's clock, which stamps its sound and pictures.
class ObsClock final : public Clock {
public:
    std::int64_t now_ns() const noexcept override { return static_cast<std::int64_t>(os_gettime_ns()); }
};

const ObsClock& obs_clock() {
    static const ObsClock clock;  // has no state
    return clock;
}

std::int64_t tick_ns() {
    struct obs_video_info info;
    if (!obs_get_video_info(&info) || info.fps_num == 0) return 33'333'333;
    return nanoseconds_of(info.fps_den, Rational{info.fps_num, 1});
}

enum speaker_layout layout_of(std::size_t channels) {
    constexpr std::array layouts = {SPEAKERS_UNKNOWN, SPEAKERS_MONO,    SPEAKERS_STEREO,  SPEAKERS_2POINT1, SPEAKERS_4POINT0,
                                    SPEAKERS_4POINT1, SPEAKERS_5POINT1, SPEAKERS_UNKNOWN, SPEAKERS_7POINT1};
    return channels < layouts.size() ? layouts[channels] : SPEAKERS_UNKNOWN;
}

/// Note [Red first]
/// Frames are BGRA. Mesa keeps 8-bit textures red first and turns BGRA round while it is uploaded, on OBS's graphics thread, which takes twice as long
/// as the upload itself. So it is turned round before, by the worker.
std::shared_ptr<const FramePixels> red_first(const FramePixels& bgra) {
    auto rgba = std::make_shared<FramePixels>(bgra.size());
    for (std::size_t i = 0; i + 4 <= bgra.size(); i += 4) {
        std::uint32_t pixel;
        std::memcpy(&pixel, &bgra[i], 4);
        pixel = (pixel & 0xff00ff00u) | ((pixel & 0xffu) << 16) | ((pixel >> 16) & 0xffu);
        std::memcpy(&(*rgba)[i], &pixel, 4);
    }
    return rgba;
}

/// What is remembered of the last session, in the source's private settings: its crop makes the still picture match before the next one is open.
constexpr const char* kStillKey = "still";
/// The source's own tracks, there too.
constexpr const char* kTracksKey = "tracks";

}  // namespace

AvatarSource::AvatarSource(obs_source_t* source, obs_data_t* settings)
    : source_(source), width_(kFirstWidth), height_(kFirstHeight), frame_width_(kFirstWidth), frame_height_(kFirstHeight) {
    ModuleState& module = module_state();
    migrate_source_settings(settings);
    config_ = read_source_settings(settings, module.paths.places);
    const obs::Data memory(obs_source_get_private_settings(source));
    if (const obs::Data still{obs_data_get_obj(memory.get(), kStillKey)}) {
        const auto w = obs_data_get_int(still.get(), "width"), h = obs_data_get_int(still.get(), "height");
        if (w >= 16 && h >= 16 && w <= 8192 && h <= 8192) set_size(config_->size, static_cast<int>(w), static_cast<int>(h));
    }
    set_size(config_->size, static_cast<int>(frame_width_), static_cast<int>(frame_height_));
    obs_source_set_audio_active(source, config_->delay == DelayMode::own);

    core_ = std::make_unique<AvatarCore>(AvatarCore::Parts{audio_rate(), module.engines, *this, obs_clock(), module.paths.try_it_clip}, config_);
    core_->set_showing(obs_source_showing(source));
    core_->set_presets(module.gestures.presets());
    input_ = std::make_unique<AudioInput>(source, core_->tap());
    hotkeys_ = std::make_unique<GestureHotkeys>(source, core_->board());
    signal_handler_connect(obs_get_signal_handler(), "source_rename", source_renamed, this);
    core_->start();
}

AvatarSource::~AvatarSource() {
    signal_handler_disconnect(obs_get_signal_handler(), "source_rename", source_renamed, this);  // waits for one in flight
    core_->stop();
    hotkeys_.reset();
    input_.reset();  // detaches: waits for a block in flight, which still finds the core's tap
    module_state().delays.release(this);
    core_.reset();
    obs_enter_graphics();
    gs_texture_destroy(live_texture_);
    gs_texture_destroy(still_texture_);
    obs_leave_graphics();
}

void AvatarSource::source_renamed(void* self, calldata_t* data) {
    AudioInput::store_new_name(static_cast<AvatarSource*>(self)->source_, static_cast<obs_source_t*>(calldata_ptr(data, "source")), calldata_string(data, "prev_name"));
}

std::shared_ptr<const AvatarConfig> AvatarSource::config() const {
    const std::lock_guard lock(mutex_);
    return config_;
}

void AvatarSource::update(obs_data_t* settings) {
    std::shared_ptr<const AvatarConfig> config = read_source_settings(settings, module_state().paths.places);
    {
        const std::lock_guard lock(mutex_);
        if (*config == *config_) return;
        config_ = config;
    }
    set_size(config->size, static_cast<int>(frame_width_), static_cast<int>(frame_height_));
    core_->set_config(std::move(config));
}

/// Note [Tracks that are lost]
/// A scene collection that was opened and stored while this module was missing comes back with the avatar on no track, because libobs asks a source it does
/// not know for its tracks. Unheard, then, would be the voice that the avatar plays itself. So they are remembered; none at all is believed when they were none before.
void AvatarSource::load() {
    const obs::Data memory(obs_source_get_private_settings(source_));
    const auto tracks = static_cast<std::uint32_t>(obs_data_get_int(memory.get(), kTracksKey));
    if (obs_source_get_audio_mixers(source_) == 0 && tracks != 0) obs_source_set_audio_mixers(source_, tracks);
}

void AvatarSource::save() {
    const obs::Data memory(obs_source_get_private_settings(source_));
    obs_data_set_int(memory.get(), kTracksKey, obs_source_get_audio_mixers(source_));
}

void AvatarSource::restart_engine() { module_state().engines.restart(engine_options(config()->engine)); }

void AvatarSource::set_size(OutputSize size, int frame_width, int frame_height) {
    frame_width_ = static_cast<std::uint32_t>(frame_width);
    frame_height_ = static_cast<std::uint32_t>(frame_height);
    std::int64_t height = frame_height * (size == OutputSize::twice ? 2 : 1);
    struct obs_video_info info;
    if (size == OutputSize::fit && obs_get_video_info(&info)) height = info.base_height;
    height_ = static_cast<std::uint32_t>(height);
    width_ = static_cast<std::uint32_t>(mul_div_floor(height, frame_width, frame_height));
}

// ---- pictures: graphics thread ---------------------------------------------------------------------------

void AvatarSource::upload(gs_texture_t*& texture, const VideoFrame& frame) {
    const auto width = static_cast<std::uint32_t>(frame.width), height = static_cast<std::uint32_t>(frame.height);
    if (texture && (gs_texture_get_width(texture) != width || gs_texture_get_height(texture) != height)) {
        gs_texture_destroy(texture);
        texture = nullptr;
    }
    const std::uint8_t* pixels = frame.pixels->data();
    if (!texture) texture = gs_texture_create(width, height, GS_RGBA, 1, &pixels, GS_DYNAMIC);
    else gs_texture_set_image(texture, pixels, width * 4, false);
}

void AvatarSource::video_tick() {
    if (has_new_still_.load(std::memory_order_acquire)) {
        if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) {
            obs_enter_graphics();
            upload(still_texture_, new_still_);
            obs_leave_graphics();
            has_new_still_.store(false, std::memory_order_relaxed);
        }
        return;  // one upload a tick
    }
    if (!core_->live()) live_frame_ = false;
    const auto now_ns = static_cast<std::int64_t>(obs_get_video_frame_time());
    core_->presenter().present(now_ns, tick_ns(), [&](const VideoFrame& frame) {
        obs_enter_graphics();
        upload(live_texture_, frame);
        obs_leave_graphics();
        live_frame_ = true;
    });
}

/// Note [Soft edges]
/// Frames are straight alpha, sRGB. Drawn as an sRGB texture into an sRGB framebuffer, the colour is blended in linear light with OBS's own
/// blending, which is what a soft edge needs: half-transparent white over black is 188, not 128.
void AvatarSource::video_render(gs_effect_t* effect) {
    gs_texture_t* texture = live_frame_ && live_texture_ ? live_texture_ : still_texture_;
    if (!texture || !effect) return;
    const bool before = gs_framebuffer_srgb_enabled();
    gs_enable_framebuffer_srgb(true);
    gs_effect_set_texture_srgb(gs_effect_get_param_by_name(effect, "image"), texture);
    gs_draw_sprite(texture, 0, width(), height());
    gs_enable_framebuffer_srgb(before);
}

// ---- the worker's side -----------------------------------------------------------------------------------

void AvatarSource::look_after(std::int64_t now_ns, const DelayStatus& delay, InputStatus& input, bool& applied, std::string& problem) {
    const std::shared_ptr<const AvatarConfig> config = this->config();
    load_first_still(*config);
    const std::shared_ptr<const GesturePresets> presets = gesture_watch_.changed(now_ns);
    if (presets) core_->set_presets(presets);
    if (presets || !(described_ == config->gesture_slots)) {
        described_ = config->gesture_slots;
        hotkeys_->refresh_descriptions();
    }
    input_->look_after(now_ns, config->input, input);
    if (now_ns - delay_looked_ns_ >= kDelayLookNs) {
        delay_looked_ns_ = now_ns;
        look_after_delay(now_ns, delay, delay_applied_, delay_problem_);
    }
    applied = delay_applied_;
    problem = delay_problem_;
}

void AvatarSource::look_after_delay(std::int64_t now_ns, const DelayStatus& delay, bool& applied, std::string& problem) {
    DelayBook& book = module_state().delays;
    problem.clear();
    if (obs_source_active(source_)) last_active_ns_ = now_ns;
    const bool on_program = last_active_ns_ != 0 && now_ns - last_active_ns_ < kLingerNs;
    const obs::Source voice = input_->voice();
    if (delay.mode == DelayMode::none || !on_program || !voice || delay.total_ns == 0) {
        book.release(this);
        applied = false;
    } else {
        applied = book.claim(this, {delay.mode, delay.total_ns, core_->tap().last_block_ns()}, voice.get(), problem);
        voice_volume_ = obs_source_get_volume(voice.get());
    }
    const bool sounds = delay.mode == DelayMode::own || (last_play_ns_ != 0 && now_ns - last_play_ns_ < kClipTailNs);
    if (obs_source_audio_active(source_) != sounds) obs_source_set_audio_active(source_, sounds);
}

bool AvatarSource::outputs_active() {
    bool active = false;
    obs_enum_outputs(
        [](void* found, obs_output_t* output) {
            *static_cast<bool*>(found) = *static_cast<bool*>(found) || obs_output_active(output);
            return true;
        },
        &active);
    return active;
}

void AvatarSource::play(Heard what, std::int64_t host_ns, std::span<const std::span<const float>> channels) {
    if (channels.empty() || channels[0].empty() || layout_of(channels.size()) == SPEAKERS_UNKNOWN) return;
    if (what == Heard::clip) {
        last_play_ns_ = obs_clock().now_ns();
        if (!obs_source_audio_active(source_)) obs_source_set_audio_active(source_, true);
    }
    const float gain = what == Heard::voice ? voice_volume_ : 1.0f;
    struct obs_source_audio audio = {};
    played_.resize(std::max(played_.size(), channels.size()));
    for (std::size_t c = 0; c < channels.size(); ++c) {
        played_[c].assign(channels[c].begin(), channels[c].end());
        if (gain != 1.0f)
            for (float& sample : played_[c]) sample *= gain;
        audio.data[c] = reinterpret_cast<const std::uint8_t*>(played_[c].data());
    }
    audio.frames = static_cast<std::uint32_t>(channels[0].size());
    audio.speakers = layout_of(channels.size());
    audio.format = AUDIO_FORMAT_FLOAT_PLANAR;
    audio.samples_per_sec = static_cast<std::uint32_t>(core_->tap().rate().num);
    audio.timestamp = static_cast<std::uint64_t>(host_ns);
    obs_source_output_audio(source_, &audio);
}

/// Before any session: the picture itself, cut as the last session cut it if that was the same picture.
void AvatarSource::load_first_still(const AvatarConfig& config) {
    const Settings& wanted = config.engine;
    const std::string key = wanted.image + '\n' + setting_text(wanted, "crop") + '\n' + std::string(setting_text(wanted, "framing"));
    if (key == still_of_) return;
    still_of_ = key;
    std::vector<double> crop = wanted.crop;
    const obs::Data memory(obs_source_get_private_settings(source_));
    if (const obs::Data still{obs_data_get_obj(memory.get(), kStillKey)}; still && crop.empty()) {
        const char* of = obs_data_get_string(still.get(), "of");
        if (of && key == of)
            for (const char* side : {"x", "y", "w", "h"}) crop.push_back(obs_data_get_double(still.get(), side));
    }
    VideoFrame loaded = load_still(wanted.image, crop, static_cast<int>(frame_width_), static_cast<int>(frame_height_));
    if (loaded.pixels) set_still(std::move(loaded));
    else log_warning("'" + wanted.image + "' cannot be shown");
}

void AvatarSource::prepare(VideoFrame& frame) {
    if (well_formed(frame)) frame.pixels = red_first(*frame.pixels);
}

void AvatarSource::set_still(VideoFrame still) {
    prepare(still);
    const std::lock_guard lock(mutex_);
    new_still_ = std::move(still);
    has_new_still_.store(true, std::memory_order_release);
}

void AvatarSource::still(const VideoFrame& still, const SessionInfo& info) {
    const std::vector<std::string> capabilities = module_state().engines.state(engine_options(config()->engine)).info.capabilities;
    const bool hands = std::find(capabilities.begin(), capabilities.end(), "hands") != capabilities.end();
    core_->board().set_unavailable(hands ? "" : obs_module_text("Gestures.NoHands"));
    set_size(config()->size, info.width, info.height);
    if (well_formed(still)) set_still(still);
    if (info.crop.size() != 4) return;
    const obs::Data memory(obs_source_get_private_settings(source_)), remembered(obs_data_create());
    obs_data_set_string(remembered.get(), "of", still_of_.c_str());
    const std::array sides = {"x", "y", "w", "h"};
    for (std::size_t i = 0; i < sides.size(); ++i) obs_data_set_double(remembered.get(), sides[i], info.crop[i]);
    obs_data_set_int(remembered.get(), "width", info.width);
    obs_data_set_int(remembered.get(), "height", info.height);
    obs_data_set_obj(memory.get(), kStillKey, remembered.get());
}

/// `texts`: name and value of the signal's strings.
void AvatarSource::signal(const char* name, std::initializer_list<std::pair<const char*, std::string>> texts) {
    calldata_t data;
    calldata_init(&data);
    calldata_set_ptr(&data, "source", source_);
    for (const auto& [key, text] : texts) calldata_set_string(&data, key, text.c_str());
    signal_handler_signal(obs_source_get_signal_handler(source_), name, &data);
    calldata_free(&data);
}

void AvatarSource::changed(const AvatarStatus& status) {
    signal("mirrorme_state", {{"json", to_json(status)}});
    if (status.severity == told_) return;
    told_ = status.severity;
    if (status.severity == Severity::error) log_error(status.message);
    obs_source_update_properties(source_);
}

void AvatarSource::gesture_event(const GestureEvent& event) {
    signal("mirrorme_gesture", {{"gesture", event.gesture}, {"event", std::string(name_of(event.kind))}});
}

// ---- the C edge -------------------------------------------------------------------------------------------

namespace {

/// Every callback of libobs comes through here: nothing that is thrown may reach it. What comes back then is `otherwise`.
template <class Do, class Value>
Value edge(Value otherwise, Do&& what) noexcept {
    try {
        return what();
    } catch (const std::exception& e) {
        log_error(std::string("source: ") + e.what());
        return otherwise;
    }
}
template <class Do>
void edge(void* data, Do&& what) noexcept {
    if (data) edge(0, [&] { return what(*static_cast<AvatarSource*>(data)), 0; });
}

}  // namespace

void register_avatar_source() {
    struct obs_source_info info = {};
    info.id = AvatarSource::kId;
    info.type = OBS_SOURCE_TYPE_INPUT;
    info.output_flags = OBS_SOURCE_VIDEO | OBS_SOURCE_AUDIO | OBS_SOURCE_SRGB | OBS_SOURCE_DO_NOT_DUPLICATE;
    info.icon_type = OBS_ICON_TYPE_CAMERA;
    info.get_name = [](void*) { return obs_module_text("SourceName"); };
    info.create = [](obs_data_t* settings, obs_source_t* source) -> void* {
        return edge(static_cast<AvatarSource*>(nullptr), [&] {
            auto self = std::make_unique<AvatarSource>(source, settings);
            add_source_procs(*self);
            return self.release();
        });
    };
    info.destroy = [](void* data) { delete static_cast<AvatarSource*>(data); };
    info.get_defaults = [](obs_data_t* settings) {
        edge(0, [&] { return set_source_defaults(settings, *module_state().gestures.presets()), 0; });
    };
    info.get_properties = [](void* data) {
        return edge(static_cast<obs_properties_t*>(nullptr), [&] { return source_properties(static_cast<AvatarSource*>(data)); });
    };
    info.update = [](void* data, obs_data_t* settings) { edge(data, [&](AvatarSource& self) { self.update(settings); }); };
    info.load = [](void* data, obs_data_t*) { edge(data, [](AvatarSource& self) { self.load(); }); };
    info.save = [](void* data, obs_data_t*) { edge(data, [](AvatarSource& self) { self.save(); }); };
    info.show = [](void* data) { edge(data, [](AvatarSource& self) { self.set_showing(true); }); };
    info.hide = [](void* data) { edge(data, [](AvatarSource& self) { self.set_showing(false); }); };
    info.video_tick = [](void* data, float) { edge(data, [](AvatarSource& self) { self.video_tick(); }); };
    info.video_render = [](void* data, gs_effect_t* effect) { edge(data, [&](AvatarSource& self) { self.video_render(effect); }); };
    info.get_width = [](void* data) { return data ? static_cast<AvatarSource*>(data)->width() : 0; };
    info.get_height = [](void* data) { return data ? static_cast<AvatarSource*>(data)->height() : 0; };
    info.missing_files = [](void* data) { return edge(static_cast<obs_missing_files_t*>(nullptr), [&] { return source_missing_files(static_cast<AvatarSource*>(data)); }); };
    obs_register_source(&info);
}

}  // namespace mirrorme
