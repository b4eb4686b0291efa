#pragma once
// Every user setting of the product, declared once in visit_settings(): name, range, default, unit, help and what a change
// rebuilds. Command line, JSON, OBS properties and the reference table are visitors of that one list.
// A Settings value is a snapshot: threads exchange `std::shared_ptr<const Settings>`, whole.

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mirrorme {

/// What a changed setting costs. Ordered: the larger one wins.
enum class Rebuild {
    live,            // taken over at the next chunk
    new_session,     // the picture is prepared again; the old session plays on until the new one is ready
    reload_weights,  // another bundle, or computed elsewhere: another engine
};
std::string_view name_of(Rebuild rebuild) noexcept;

enum class SettingKind { boolean, integer, number, text, path, choice, numbers, background };
std::string_view name_of(SettingKind kind) noexcept;

struct SettingInfo {
    std::string_view name;   // key in JSON and OBS, and with '-' for '_' the command line's option
    SettingKind kind;
    Rebuild rebuild;
    std::string_view unit;   // "" = none
    std::string_view title, help;
    double minimum = 0, maximum = 0;              // integer, number, and each of numbers
    std::size_t count = 0;                        // numbers: how many, or none at all
    std::span<const std::string_view> choices{};  // choice: in the order of the enum
};

/// What is behind the person. In text: "keep", "matte" or "#rrggbb".
struct BackgroundChoice {
    enum class Mode { keep, matte, colour } mode = Mode::keep;
    std::uint32_t rgb = 0;  // 0xrrggbb, used by Mode::colour
    bool operator==(const BackgroundChoice&) const = default;
};

enum class Framing { automatic, face, half_body };

struct Settings {
    static constexpr int kVersion = 1;

    std::string image;
    std::vector<double> crop, eyes, mouth;
    Framing framing = Framing::automatic;
    std::string bundle;
    std::string device = "auto";
    double device_share = 1;
    double device_memory = 0;
    BackgroundChoice background;
    double liveliness = 1.0;
    double gate_threshold_db = -50.0;
    std::int64_t gate_hold_ms = 250;
    std::int64_t steps = 0;
    std::int64_t seed = 1;
    double scale = 1.0;
    bool mirror = false;
    std::string style_clip;

    bool operator==(const Settings&) const = default;
};

namespace detail {
inline constexpr std::string_view kFramingNames[] = {"automatic", "face", "half_body"};
}

/// Calls visitor(const SettingInfo&, T Settings::*member) for each setting, in the order people should see them.
template <class Visitor>
void visit_settings(Visitor&& visitor) {
    using K = SettingKind;
    using R = Rebuild;
    constexpr double kPixelLimit = 65536;
    visitor(SettingInfo{"image", K::path, R::new_session, "", "Reference picture", "The picture that speaks: PNG, JPEG or WebP, one face, looking at the viewer."},
            &Settings::image);
    visitor(SettingInfo{"crop", K::numbers, R::new_session, "pixels", "Crop", "Part of the picture to use: x,y,width,height. Empty: found by itself.", 0, kPixelLimit, 4},
            &Settings::crop);
    visitor(SettingInfo{"eyes", K::numbers, R::new_session, "pixels", "Eyes", "Centres of both eyes in the picture: x,y,x,y, smaller x first. Empty: found by itself.", 0, kPixelLimit, 4},
            &Settings::eyes);
    visitor(SettingInfo{"mouth", K::numbers, R::new_session, "pixels", "Mouth", "Corners of the mouth in the picture: x,y,x,y, smaller x first. Empty: found by itself.", 0, kPixelLimit, 4},
            &Settings::mouth);
    visitor(SettingInfo{"framing", K::choice, R::new_session, "", "Framing", "How much of the body is shown.", 0, 0, 0, detail::kFramingNames}, &Settings::framing);
    visitor(SettingInfo{"bundle", K::path, R::reload_weights, "", "Model", "Folder of the model bundle. Empty: the embedded one."}, &Settings::bundle);
    visitor(SettingInfo{"device", K::text, R::reload_weights, "", "Device", "What computes: auto (a GPU, where there is one and the model gains by it), cpu, cuda or cuda:N."}, &Settings::device);
    visitor(SettingInfo{"device_share", K::number, R::reload_weights, "", "Share of the device", "Share of the time in which chunks may be made, at most: the rest is left to games and encoders.", 0.05, 1},
            &Settings::device_share);
    visitor(SettingInfo{"device_memory", K::number, R::reload_weights, "GiB", "Memory of the GPU", "Memory of a GPU that may be taken, at most. 0: as much as is needed.", 0, 192}, &Settings::device_memory);
    visitor(SettingInfo{"background", K::background, R::live, "", "Background", "keep: the picture's own. matte: transparent. #rrggbb: one colour."}, &Settings::background);
    visitor(SettingInfo{"liveliness", K::number, R::live, "", "Liveliness", "How much head, eyes and body move: 0 statue, 1 as trained, 1.5 lively.", 0, 1.5}, &Settings::liveliness);
    visitor(SettingInfo{"gate_threshold_db", K::number, R::live, "dBFS", "Speech threshold", "Sound below this level never opens the mouth.", -90, 0}, &Settings::gate_threshold_db);
    visitor(SettingInfo{"gate_hold_ms", K::integer, R::live, "ms", "Speech hold", "How long speech is still assumed after the sound has ended.", 0, 2000}, &Settings::gate_hold_ms);
    visitor(SettingInfo{"steps", K::integer, R::live, "", "Quality steps", "Denoising steps of each chunk. 0: what the model was trained for.", 0, 50}, &Settings::steps);
    visitor(SettingInfo{"seed", K::integer, R::new_session, "", "Seed", "The same seed, sound and picture give the same video.", 0, 9007199254740991.0}, &Settings::seed);
    visitor(SettingInfo{"scale", K::number, R::live, "x", "Output scale", "Size of the output, as a multiple of the model's own frame.", 0.25, 4}, &Settings::scale);
    visitor(SettingInfo{"mirror", K::boolean, R::live, "", "Mirror", "Flips the picture left to right, gestures included."}, &Settings::mirror);
    visitor(SettingInfo{"style_clip", K::path, R::new_session, "", "Speaking style", "A short video of a speaker whose manner is taken over, where the model can."}, &Settings::style_clip);
}

/// The larger Rebuild of all settings in which `before` and `after` differ.
Rebuild rebuild_needed(const Settings& before, const Settings& after);

/// The command line's option for a setting.
std::string option_of(std::string_view name);
/// Options and values, one after the other, of the settings that make another engine (Rebuild::reload_weights), as far as they are not the usual ones.
std::vector<std::string> engine_options(const Settings& settings);

/// One setting by name, as text. set_setting checks type and range. Error{usage} names the setting and the remedy.
std::string setting_text(const Settings& settings, std::string_view name);
void set_setting(Settings& settings, std::string_view name, std::string_view text);
/// Error{usage} for the first setting that is out of range.
void validate(const Settings& settings);

BackgroundChoice background_from_text(std::string_view text);  // Error{usage}
std::string to_text(const BackgroundChoice& background);

/// Fields this version does not know: `refuse` for files people write, `ignore` for what a newer version stored.
enum class UnknownFields { refuse, ignore };

std::string settings_to_json(const Settings& settings);
/// Missing fields keep their defaults; older versions are migrated; a newer one is read as far as it is known.
/// Error{unreadable, mismatch, usage} naming `subject` and the field.
Settings settings_from_json(std::string_view text, const std::string& subject, UnknownFields unknown);

/// Turns a document of version `from` into one of version `from` + 1.
struct SettingsMigration {
    std::int64_t from;
    void (*apply)(nlohmann::json& document);
};
/// Oldest first. A change that renames a field or its meaning raises Settings::kVersion and adds a step here.
std::span<const SettingsMigration> settings_migrations() noexcept;
/// Applies every step a document of `version` has yet to take, in order.
void migrate_settings(nlohmann::json& document, std::int64_t version, std::span<const SettingsMigration> migrations);

/// Names in visiting order.
std::vector<std::string_view> setting_names();
/// A Markdown table of all settings.
std::string settings_reference();

}  // namespace mirrorme
