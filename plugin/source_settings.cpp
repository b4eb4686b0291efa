#include "plugin/source_settings.h"

#include <algorithm>
#include <type_traits>

#include "core/error.h"
#include "core/log.h"
#include "plugin/obs_handle.h"

namespace mirrorme {
namespace {

/// Settings that the source answers for itself: the size is drawn, not rendered.
bool is_stored(const SettingInfo& info) { return info.name != "scale"; }

std::string text_at(obs_data_t* settings, const char* key) {
    const char* text = obs_data_get_string(settings, key);
    return text ? text : "";
}

std::string key_of(const SettingInfo& info) { return std::string(info.name); }

DelayMode delay_from(const std::string& text) {
    if (text == "own") return DelayMode::own;
    return text == "none" ? DelayMode::none : DelayMode::offset;
}

InputChoice input_from(obs_data_t* settings) {
    const std::string choice = text_at(settings, "audio_input");
    InputChoice input;
    if (choice == "source") {
        input.kind = InputChoice::Kind::source;
        input.name = text_at(settings, "audio_source");
        input.uuid = text_at(settings, "audio_source_uuid");
    } else if (choice.size() == 7 && choice.starts_with("track_") && choice[6] >= '1' && choice[6] <= '6') {
        input.kind = InputChoice::Kind::track;
        input.track = choice[6] - '0';
    }
    return input;
}

std::vector<GestureSlot> slots_from(obs_data_t* settings) {
    std::vector<GestureSlot> slots;
    const obs::DataArray array(obs_data_get_array(settings, "gesture_slots"));
    const std::size_t count = std::min<std::size_t>(array ? obs_data_array_count(array.get()) : 0, 4 * kGestureSlots);
    for (std::size_t i = 0; i < count; ++i) {
        const obs::Data item(obs_data_array_item(array.get(), i));
        GestureSlot slot;
        slot.slot = static_cast<int>(obs_data_get_int(item.get(), "slot"));
        slot.preset = text_at(item.get(), "preset");
        slot.mode = gesture_mode_from_name(text_at(item.get(), "mode")).value_or(GestureMode::tap);
        slot.return_s = obs_data_get_double(item.get(), "return_s");
        slot.priority = static_cast<int>(std::clamp<long long>(obs_data_get_int(item.get(), "priority"), -10, 10));
        slot.cooldown_ms = static_cast<int>(std::clamp<long long>(obs_data_get_int(item.get(), "cooldown_ms"), 0, 60000));
        slots.push_back(std::move(slot));
    }
    return slots;
}

void set_default_slots(obs_data_t* settings, const GesturePresets& presets) {
    const obs::DataArray array(obs_data_array_create());
    for (const GestureSlot& slot : default_gesture_slots(presets)) {
        const obs::Data item(obs_data_create());
        obs_data_set_int(item.get(), "slot", slot.slot);
        obs_data_set_string(item.get(), "preset", slot.preset.c_str());
        obs_data_set_string(item.get(), "mode", std::string(name_of(slot.mode)).c_str());
        obs_data_set_double(item.get(), "return_s", slot.return_s);
        obs_data_set_int(item.get(), "priority", slot.priority);
        obs_data_set_int(item.get(), "cooldown_ms", slot.cooldown_ms);
        obs_data_array_push_back(array.get(), item.get());
    }
    obs_data_set_default_array(settings, "gesture_slots", array.get());
}

}  // namespace

void set_source_defaults(obs_data_t* settings, const GesturePresets& presets) {
    const Settings defaults;
    visit_settings([&](const SettingInfo& info, auto member) {
        if (!is_stored(info)) return;
        const std::string key = key_of(info);
        using T = std::remove_cvref_t<decltype(defaults.*member)>;
        if constexpr (std::is_same_v<T, bool>) obs_data_set_default_bool(settings, key.c_str(), defaults.*member);
        else if constexpr (std::is_same_v<T, std::int64_t>) obs_data_set_default_int(settings, key.c_str(), defaults.*member);
        else if constexpr (std::is_same_v<T, double>) obs_data_set_default_double(settings, key.c_str(), defaults.*member);
        else obs_data_set_default_string(settings, key.c_str(), setting_text(defaults, info.name).c_str());
    });
    obs_data_set_default_string(settings, "audio_input", "auto");
    obs_data_set_default_string(settings, "delay_mode", "offset");
    obs_data_set_default_int(settings, "extra_delay_ms", 0);
    obs_data_set_default_string(settings, "size", "1x");
    obs_data_set_default_bool(settings, "pause_hidden", true);
    obs_data_set_default_bool(settings, "record_events", false);
    set_default_slots(settings, presets);
}

void migrate_source_settings(obs_data_t* settings) {
    // Stored, not a default: what an older version wrote must be told from what this one did. Version 1 is the first; a later one adds its step here.
    if (obs_data_get_int(settings, "settings_version") < kSourceSettingsVersion) obs_data_set_int(settings, "settings_version", kSourceSettingsVersion);
}

std::shared_ptr<const AvatarConfig> read_source_settings(obs_data_t* settings, const SourcePlaces& places) {
    auto config = std::make_shared<AvatarConfig>();
    visit_settings([&](const SettingInfo& info, auto member) {
        if (!is_stored(info)) return;
        const std::string key = key_of(info);
        try {
            Settings checked = config->engine;
            using T = std::remove_cvref_t<decltype(checked.*member)>;
            if constexpr (std::is_same_v<T, bool>) checked.*member = obs_data_get_bool(settings, key.c_str());
            else if constexpr (std::is_same_v<T, std::int64_t>) checked.*member = obs_data_get_int(settings, key.c_str());
            else if constexpr (std::is_same_v<T, double>) checked.*member = std::clamp(obs_data_get_double(settings, key.c_str()), info.minimum, info.maximum);
            else set_setting(checked, info.name, text_at(settings, key.c_str()));
            validate(checked);
            config->engine = std::move(checked);
        } catch (const Error& e) {
            log_warning(std::string("stored ") + e.what() + " (the default is used)");
        }
    });
    if (config->engine.image.empty()) config->engine.image = places.first_avatar;
    config->input = input_from(settings);
    config->delay = config->input.kind == InputChoice::Kind::track ? DelayMode::none : delay_from(text_at(settings, "delay_mode"));
    config->extra_delay_ms = std::clamp<long long>(obs_data_get_int(settings, "extra_delay_ms"), 0, 2000);
    const std::string size = text_at(settings, "size");
    config->size = size == "2x" ? OutputSize::twice : size == "fit" ? OutputSize::fit : OutputSize::native;
    config->pause_hidden = obs_data_get_bool(settings, "pause_hidden");
    config->gesture_slots = slots_from(settings);
    config->record_events = obs_data_get_bool(settings, "record_events");
    const std::string folder = text_at(settings, "events_folder");
    config->events_folder = folder.empty() ? places.events_folder : folder;
    return config;
}

}  // namespace mirrorme
