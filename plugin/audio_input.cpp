#include "plugin/audio_input.h"

#include <util/platform.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace mirrorme {
namespace {

constexpr std::int64_t kLookNs = 250'000'000;  // how often a source is looked for, and the one there is looked at

/// Channels of obs_get_output_source(): what Settings > Audio calls Mic/Auxiliary Audio 1-4, then Desktop Audio 1-2.
constexpr std::array<std::uint32_t, 6> kGlobalDevices = {3, 4, 5, 6, 1, 2};

bool is_avatar(obs_source_t* source) {
    const char* id = obs_source_get_id(source);
    return id && std::strcmp(id, "mirrorme_avatar") == 0;
}

bool gives_sound(obs_source_t* source) { return source && (obs_source_get_output_flags(source) & OBS_SOURCE_AUDIO) != 0 && !is_avatar(source); }

}  // namespace

/// At once: OBS may save in the next moment.
void AudioInput::store_new_name(obs_source_t* self, obs_source_t* renamed, const char* before) {
    const obs::Data settings(obs_source_get_settings(self));
    const char* stored = obs_data_get_string(settings.get(), "audio_source");
    if (!stored || !before || std::strcmp(stored, before) != 0) return;
    obs_data_set_string(settings.get(), "audio_source", obs::name_of(renamed).c_str());
    obs_data_set_string(settings.get(), "audio_source_uuid", obs::uuid_of(renamed).c_str());
}

AudioInput::AudioInput(obs_source_t* self, AudioTap& tap) : self_(self), tap_(tap), channels_(audio_output_get_channels(obs_get_audio())) {}

void AudioInput::heard_source(void* self, obs_source_t*, const struct audio_data* audio, bool muted) {
    static_cast<AudioInput*>(self)->heard(audio, muted);
}

void AudioInput::heard_track(void* self, std::size_t, struct audio_data* audio) { static_cast<AudioInput*>(self)->heard(audio, false); }

void AudioInput::heard(const struct audio_data* audio, bool muted) noexcept {
    std::array<const float*, AudioTap::kChannels> planes{};
    const std::size_t channels = std::min(channels_, planes.size());
    for (std::size_t c = 0; c < channels; ++c) planes[c] = reinterpret_cast<const float*>(audio->data[c]);
    tap_.push({std::span(planes).first(channels), static_cast<std::int64_t>(audio->frames), static_cast<std::int64_t>(audio->timestamp),
               static_cast<std::int64_t>(os_gettime_ns()), muted});
}

void AudioInput::look_after(std::int64_t now_ns, const InputChoice& choice, InputStatus& status) {
    status.kind = choice.kind;
    status.rate = tap_.rate().num;
    const bool changed = !(choice == choice_);
    if (changed || now_ns - looked_ns_ >= kLookNs) {
        looked_ns_ = now_ns;
        obs::Source held = voice();
        // A rename that we stored ourselves comes back as a changed choice of the source we have.
        const bool renamed = changed && held && choice.kind == InputChoice::Kind::source && choice.name == obs::name_of(held.get());
        if (choice.kind == InputChoice::Kind::track) {
            if (track_ != choice.track) attach_track(choice.track);
        } else if (!held || obs_source_removed(held.get()) || (changed && !renamed) || track_ != 0) {
            const obs::Source found = find(choice);
            if (found.get() != held.get() || !found || track_ != 0) {
                detach();
                if (found) attach(found.get());
            }
            held = voice();
        }
        if (changed && !renamed) followed_.clear();
        choice_ = choice;
        if (held) follow_name(held.get(), choice);
    }
    const bool attached = weak_ || track_ != 0;
    status.state = attached ? InputStatus::State::attached : InputStatus::State::waiting;
    status.name = attached ? name_ : choice.name;
}

obs::Source AudioInput::find(const InputChoice& choice) const {
    obs::Source found;
    if (choice.kind == InputChoice::Kind::source) {
        found = obs::source_by_uuid(choice.uuid);
        const std::string& name = followed_.empty() || !(choice == choice_) ? choice.name : followed_;
        if (!found && !name.empty()) found.reset(obs_get_source_by_name(name.c_str()));
    } else {
        for (const std::uint32_t channel : kGlobalDevices) {
            found.reset(obs_get_output_source(channel));
            if (gives_sound(found.get()) && obs_source_enabled(found.get())) break;
            found.reset();
        }
    }
    if (!gives_sound(found.get()) || found.get() == self_ || obs_source_removed(found.get())) found.reset();
    return found;
}

void AudioInput::attach(obs_source_t* source) {
    tap_.source_changed();
    weak_ = obs::weak_of(source);
    name_ = obs::name_of(source);
    obs_source_add_audio_capture_callback(source, heard_source, this);
    blog(LOG_INFO, "[obs-mirrorme] '%s' listens to '%s'", obs_source_get_name(self_), name_.c_str());
}

void AudioInput::attach_track(int track) {
    detach();
    tap_.source_changed();
    track_ = track;
    name_ = std::to_string(track);
    obs_add_raw_audio_callback(static_cast<std::size_t>(track - 1), nullptr, heard_track, this);
}

void AudioInput::detach() {
    if (track_ != 0) obs_remove_raw_audio_callback(static_cast<std::size_t>(track_ - 1), heard_track, this);
    track_ = 0;
    if (const obs::Source source = voice()) obs_source_remove_audio_capture_callback(source.get(), heard_source, this);
    weak_.reset();
    name_.clear();
}

void AudioInput::follow_name(obs_source_t* source, const InputChoice& choice) {
    const std::string name = obs::name_of(source);
    if (name == name_ || name.empty()) return;
    name_ = name;
    if (choice.kind == InputChoice::Kind::source) followed_ = name;
}

}  // namespace mirrorme
