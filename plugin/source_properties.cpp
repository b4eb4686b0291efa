#include "plugin/source_properties.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.h"
#include "core/json_fields.h"
#include "core/log.h"
#include "plugin/avatar_source.h"

namespace mirrorme {
namespace {

const char* tr(const std::string& key) { return obs_module_text(key.c_str()); }

void explain(obs_property_t* property, const std::string& key) { obs_property_set_long_description(property, tr(key + ".Help")); }

obs_properties_t* group(obs_properties_t* all, const char* name) {
    obs_properties_t* inside = obs_properties_create();
    obs_properties_add_group(all, name, tr(std::string("Group.") + name), OBS_GROUP_NORMAL, inside);
    return inside;
}

obs_property_t* list(obs_properties_t* in, const char* name, const std::string& key, std::initializer_list<const char*> values) {
    obs_property_t* property = obs_properties_add_list(in, name, tr(key), OBS_COMBO_TYPE_LIST, OBS_COMBO_FORMAT_STRING);
    for (const char* value : values) obs_property_list_add_string(property, tr(key + '.' + value), value);
    explain(property, key);
    return property;
}

/// One property for a setting of the engine, from its declaration. Texts: Setting.NAME, Setting.NAME.Help, Setting.NAME.CHOICE.
void add_setting(obs_properties_t* in, std::string_view wanted) {
    visit_settings([&](const SettingInfo& info, auto member) {
        if (info.name != wanted) return;
        const std::string name(info.name), key = "Setting." + name, unit(info.unit);
        using T = std::remove_cvref_t<decltype(std::declval<Settings>().*member)>;
        obs_property_t* property = nullptr;
        if (info.kind == SettingKind::boolean) {
            property = obs_properties_add_bool(in, name.c_str(), tr(key));
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
            const int most = static_cast<int>(std::min(info.maximum, 2147483647.0));
            property = info.maximum <= 5000 ? obs_properties_add_int_slider(in, name.c_str(), tr(key), static_cast<int>(info.minimum), most, 1)
                                            : obs_properties_add_int(in, name.c_str(), tr(key), static_cast<int>(info.minimum), most, 1);
            if (!unit.empty()) obs_property_int_set_suffix(property, (' ' + unit).c_str());
        } else if constexpr (std::is_same_v<T, double>) {
            property = obs_properties_add_float_slider(in, name.c_str(), tr(key), info.minimum, info.maximum, info.maximum - info.minimum > 10 ? 1 : 0.05);
            if (!unit.empty()) obs_property_float_set_suffix(property, (' ' + unit).c_str());
        } else if (info.kind == SettingKind::choice) {
            property = obs_properties_add_list(in, name.c_str(), tr(key), OBS_COMBO_TYPE_LIST, OBS_COMBO_FORMAT_STRING);
            for (const std::string_view choice : info.choices) {
                const std::string value(choice);
                obs_property_list_add_string(property, tr(key + '.' + value), value.c_str());
            }
        } else if (info.kind == SettingKind::background) {
            property = obs_properties_add_list(in, name.c_str(), tr(key), OBS_COMBO_TYPE_EDITABLE, OBS_COMBO_FORMAT_STRING);
            for (const char* value : {"keep", "matte", "#00b140", "#000000", "#ffffff"}) obs_property_list_add_string(property, value, value);
        } else if (info.name == "device") {
            property = obs_properties_add_list(in, name.c_str(), tr(key), OBS_COMBO_TYPE_EDITABLE, OBS_COMBO_FORMAT_STRING);
            for (const char* value : {"auto", "cpu", "cuda"}) obs_property_list_add_string(property, value, value);
        } else if (info.name == "image") {
            property = obs_properties_add_path(in, name.c_str(), tr(key), OBS_PATH_FILE, "PNG, JPEG, WebP (*.png *.jpg *.jpeg *.webp)", nullptr);
        } else if (info.name == "style_clip") {
            property = obs_properties_add_path(in, name.c_str(), tr(key), OBS_PATH_FILE, "Video (*.mp4 *.mkv *.webm *.mov)", nullptr);
        } else if (info.kind == SettingKind::path) {
            property = obs_properties_add_path(in, name.c_str(), tr(key), OBS_PATH_DIRECTORY, nullptr, nullptr);
        } else {
            property = obs_properties_add_text(in, name.c_str(), tr(key), OBS_TEXT_DEFAULT);
        }
        explain(property, key);
    });
}

// ---- sound -------------------------------------------------------------------------------------------------

bool input_changed(obs_properties_t* all, obs_property_t*, obs_data_t* settings) {
    const char* input = obs_data_get_string(settings, "audio_input");
    const bool source = input && std::string_view(input) == "source", track = input && std::string_view(input).starts_with("track_");
    obs_property_set_visible(obs_properties_get(all, "audio_source"), source);
    obs_property_set_enabled(obs_properties_get(all, "delay_mode"), !track);
    return true;
}

void add_sound_sources(obs_property_t* property, const AvatarSource* self) {
    struct Found {
        const obs_source_t* self;
        std::vector<std::string> names;
    } found{self ? self->source() : nullptr, {}};
    obs_enum_sources(
        [](void* to, obs_source_t* source) {
            auto* all = static_cast<Found*>(to);
            const char* id = obs_source_get_id(source);
            const bool avatar = id && std::string_view(id) == AvatarSource::kId;
            if ((obs_source_get_output_flags(source) & OBS_SOURCE_AUDIO) != 0 && !avatar) all->names.push_back(obs::name_of(source));
            return true;
        },
        &found);
    if (self) {  // a saved name stays in the list while its source is away
        const std::string saved = self->config()->input.name;
        if (!saved.empty() && std::find(found.names.begin(), found.names.end(), saved) == found.names.end()) found.names.push_back(saved);
    }
    std::sort(found.names.begin(), found.names.end());
    for (const std::string& name : found.names) obs_property_list_add_string(property, name.c_str(), name.c_str());
}

void add_sound(obs_properties_t* all, const AvatarSource* self) {
    obs_properties_t* in = group(all, "sound");
    obs_property_t* input = list(in, "audio_input", "AudioInput", {"auto", "source", "track_1", "track_2", "track_3", "track_4", "track_5", "track_6"});
    obs_property_set_modified_callback(input, input_changed);
    obs_property_t* source = obs_properties_add_list(in, "audio_source", tr("AudioSource"), OBS_COMBO_TYPE_LIST, OBS_COMBO_FORMAT_STRING);
    add_sound_sources(source, self);
    explain(source, "AudioSource");
    list(in, "delay_mode", "DelayMode", {"offset", "own", "none"});
    obs_property_t* extra = obs_properties_add_int_slider(in, "extra_delay_ms", tr("ExtraDelay"), 0, 2000, 5);
    obs_property_int_set_suffix(extra, " ms");
    explain(extra, "ExtraDelay");
    add_setting(in, "gate_threshold_db");
    add_setting(in, "gate_hold_ms");
}

// ---- picture -------------------------------------------------------------------------------------------------

struct GalleryEntry {
    std::string file, title;
};

std::vector<GalleryEntry> gallery() {
    std::vector<GalleryEntry> entries;
    try {
        const std::filesystem::path folder = module_state().paths.avatars;
        const nlohmann::json document = read_json_file(folder / "avatars.json", 1 << 20);
        const JsonObject root(document, "avatars.json");
        for (const nlohmann::json& item : root.array("avatars", 1000)) {
            const JsonObject avatar(item, "avatars.json", "avatars");
            entries.push_back({(folder / avatar.text("file")).string(), avatar.text("title")});
        }
    } catch (const Error& e) {
        log_warning(e.what());
    }
    return entries;
}

/// A picture of the gallery was chosen: its path is the picture, and what was set by hand for another picture no longer holds.
bool avatar_chosen(obs_properties_t*, obs_property_t*, obs_data_t* settings) {
    const std::string chosen = obs_data_get_string(settings, "gallery");
    if (chosen.empty() || chosen == obs_data_get_string(settings, "image")) return false;
    obs_data_set_string(settings, "image", chosen.c_str());
    for (const char* key : {"crop", "eyes", "mouth"}) obs_data_set_string(settings, key, "");
    obs_data_set_string(settings, "gallery", "");
    return true;
}

void add_picture(obs_properties_t* all) {
    obs_properties_t* in = group(all, "picture");
    obs_property_t* property = obs_properties_add_list(in, "gallery", tr("Gallery"), OBS_COMBO_TYPE_LIST, OBS_COMBO_FORMAT_STRING);
    obs_property_list_add_string(property, tr("Gallery.Choose"), "");
    for (const GalleryEntry& entry : gallery()) obs_property_list_add_string(property, entry.title.c_str(), entry.file.c_str());
    obs_property_set_modified_callback(property, avatar_chosen);
    explain(property, "Gallery");
    for (const char* name : {"image", "framing", "background", "mirror", "crop", "eyes", "mouth"}) add_setting(in, name);
    list(in, "size", "Size", {"1x", "2x", "fit"});
}

// ---- gestures ------------------------------------------------------------------------------------------------

constexpr int kShownSlots = 8;  // the panel edits all of them

std::string slot_key(int slot, const char* what) {
    char key[40];
    std::snprintf(key, sizeof key, "gesture_%02d_%s", slot, what);
    return key;
}

/// The row of a slot in the window, written into the stored array.
bool slot_changed(obs_properties_t*, obs_property_t*, obs_data_t* settings) {
    const obs::DataArray before(obs_data_get_array(settings, "gesture_slots")), after(obs_data_array_create());
    const auto item_of = [&](int slot) {
        for (std::size_t i = 0; before && i < obs_data_array_count(before.get()); ++i) {
            obs::Data item(obs_data_array_item(before.get(), i));
            if (obs_data_get_int(item.get(), "slot") == slot) return item;
        }
        return obs::Data(obs_data_create());
    };
    for (int slot = 1; slot <= kGestureSlots; ++slot) {
        const obs::Data item = item_of(slot);
        if (slot <= kShownSlots && obs_data_has_user_value(settings, slot_key(slot, "preset").c_str())) {
            obs_data_set_string(item.get(), "preset", obs_data_get_string(settings, slot_key(slot, "preset").c_str()));
            obs_data_set_string(item.get(), "mode", obs_data_get_string(settings, slot_key(slot, "mode").c_str()));
        }
        obs_data_set_int(item.get(), "slot", slot);
        if (*obs_data_get_string(item.get(), "preset")) obs_data_array_push_back(after.get(), item.get());
    }
    obs_data_set_array(settings, "gesture_slots", after.get());
    return false;
}

void add_gestures(obs_properties_t* all, AvatarSource* self) {
    obs_properties_t* in = group(all, "gestures");
    obs_properties_add_text(in, "gesture_hint", tr("Gestures.Hint"), OBS_TEXT_INFO);
    const std::shared_ptr<const GesturePresets> presets = module_state().gestures.presets();
    const obs::Data settings(self ? obs_source_get_settings(self->source()) : nullptr);
    for (int slot = 1; slot <= kShownSlots; ++slot) {
        const std::string preset_key = slot_key(slot, "preset"), mode_key = slot_key(slot, "mode");
        obs_property_t* preset = obs_properties_add_list(in, preset_key.c_str(), (tr("Gestures.Slot") + (' ' + std::to_string(slot))).c_str(), OBS_COMBO_TYPE_LIST,
                                                         OBS_COMBO_FORMAT_STRING);
        obs_property_list_add_string(preset, tr("Gestures.None"), "");
        for (const GesturePreset& one : presets->presets) obs_property_list_add_string(preset, one.title.c_str(), one.name.c_str());
        obs_property_set_modified_callback(preset, slot_changed);
        obs_property_t* mode = list(in, mode_key.c_str(), "Gestures.Mode", {"tap", "hold", "toggle"});
        obs_property_set_modified_callback(mode, slot_changed);
        if (!settings) continue;
        GestureSlot stored;
        for (const GestureSlot& one : self->config()->gesture_slots)
            if (one.slot == slot) stored = one;
        obs_data_set_string(settings.get(), preset_key.c_str(), stored.preset.c_str());
        obs_data_set_string(settings.get(), mode_key.c_str(), std::string(name_of(stored.mode)).c_str());
    }
}

// ---- buttons ---------------------------------------------------------------------------------------------------

/// The avatar behind the window; OBS gives the source's data as the button's.
bool press(void* data, void (*what)(AvatarSource&)) {
    if (auto* self = static_cast<AvatarSource*>(data)) what(*self);
    return false;
}

bool try_it(obs_properties_t*, obs_property_t*, void* data) {
    return press(data, [](AvatarSource& self) { self.core().try_it(); });
}
bool restart(obs_properties_t*, obs_property_t*, void* data) {
    return press(data, [](AvatarSource& self) { self.restart_engine(); });
}
bool recalibrate(obs_properties_t*, obs_property_t*, void* data) {
    return press(data, [](AvatarSource& self) { self.core().recalibrate(); });
}
bool refresh(obs_properties_t*, obs_property_t*, void*) { return true; }

std::string delay_sentence(const DelayStatus& delay) {
    if (delay.total_ns == 0) return tr("Status.DelayUnknown");
    std::string text = tr("Status.DelayIs");
    if (const std::size_t at = text.find("%1"); at != std::string::npos) text.replace(at, 2, std::to_string(delay.total_ns / 1'000'000));
    return text;
}

void add_status(obs_properties_t* all, AvatarSource* self) {
    obs_properties_t* in = group(all, "status");
    const std::shared_ptr<const AvatarStatus> status = self ? self->core().status() : nullptr;
    const std::string message = status && !status->message.empty() ? status->message : tr("Status.EngineStarts");
    obs_property_t* line = obs_properties_add_text(in, "status_message", (message + (status ? "  " + delay_sentence(status->delay) : "")).c_str(), OBS_TEXT_INFO);
    if (status && status->severity >= Severity::warning)
        obs_property_text_set_info_type(line, status->severity == Severity::error ? OBS_TEXT_INFO_ERROR : OBS_TEXT_INFO_WARNING);
    explain(obs_properties_add_button2(in, "try_it", tr("TryIt"), try_it, self), "TryIt");
    obs_properties_add_button2(in, "refresh", tr("Refresh"), refresh, self);
}

void add_advanced(obs_properties_t* all, AvatarSource* self) {
    obs_properties_t* in = group(all, "advanced");
    explain(obs_properties_add_bool(in, "pause_hidden", tr("PauseHidden")), "PauseHidden");
    for (const char* name : {"bundle", "device", "device_share", "device_memory", "seed"}) add_setting(in, name);
    explain(obs_properties_add_bool(in, "record_events", tr("RecordEvents")), "RecordEvents");
    explain(obs_properties_add_path(in, "events_folder", tr("EventsFolder"), OBS_PATH_DIRECTORY, nullptr, nullptr), "EventsFolder");
    explain(obs_properties_add_button2(in, "recalibrate", tr("Recalibrate"), recalibrate, self), "Recalibrate");
    explain(obs_properties_add_button2(in, "restart_engine", tr("RestartEngine"), restart, self), "RestartEngine");
}

void replace_path(obs_source_t* source, const char* key, const char* path) {
    const obs::Data settings(obs_source_get_settings(source));
    obs_data_set_string(settings.get(), key, path);
    obs_source_update(source, settings.get());
}

}  // namespace

obs_properties_t* source_properties(AvatarSource* source) {
    obs_properties_t* all = obs_properties_create();
    add_status(all, source);
    add_sound(all, source);
    add_picture(all);
    obs_properties_t* look = group(all, "look");
    for (const char* name : {"liveliness", "steps", "style_clip"}) add_setting(look, name);
    add_gestures(all, source);
    add_advanced(all, source);
    return all;
}

obs_missing_files_t* source_missing_files(AvatarSource* source) {
    obs_missing_files_t* missing = obs_missing_files_create();
    if (!source) return missing;
    const Settings& settings = source->config()->engine;
    const auto check = [&](const std::string& path, obs_missing_file_cb found) {
        std::error_code ignored;
        if (path.empty() || std::filesystem::exists(path, ignored)) return;
        obs_missing_files_add_file(missing, obs_missing_file_create(path.c_str(), found, OBS_MISSING_FILE_SOURCE, source->source(), nullptr));
    };
    check(settings.image, [](void* at, const char* path, void*) { replace_path(static_cast<obs_source_t*>(at), "image", path); });
    check(settings.style_clip, [](void* at, const char* path, void*) { replace_path(static_cast<obs_source_t*>(at), "style_clip", path); });
    check(settings.bundle, [](void* at, const char* path, void*) { replace_path(static_cast<obs_source_t*>(at), "bundle", path); });
    return missing;
}

}  // namespace mirrorme
