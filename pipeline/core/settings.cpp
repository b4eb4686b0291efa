#include "core/settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>
#include <type_traits>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
using nlohmann::json;

namespace {

std::string text_of(double value) {
    char buffer[32];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;  // shortest text that reads back the same
    return std::string(buffer, end);
}

std::string range_text(const SettingInfo& info) {
    const std::string unit = info.unit.empty() || info.unit == "pixels" ? "" : ' ' + std::string(info.unit);
    return text_of(info.minimum) + " to " + text_of(info.maximum) + unit;
}

[[noreturn]] void refuse(const SettingInfo& info, const std::string& problem, const std::string& remedy) {
    throw Error(ErrorCode::usage, "setting '" + std::string(info.name) + "'", problem, remedy);
}

double parse_number(const SettingInfo& info, std::string_view text) {
    double value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size())
        refuse(info, "'" + std::string(text) + "' is not a number", "Give a number from " + range_text(info));
    return value;
}

void check_range(const SettingInfo& info, double value) {
    if (!(value >= info.minimum && value <= info.maximum)) refuse(info, "is " + text_of(value), "Give a number from " + range_text(info));
}

// One overload of check, print, parse, to_json and from_json per C++ type of a setting; SettingInfo refines them.

void check(const SettingInfo&, bool) {}
void check(const SettingInfo& info, std::int64_t value) { check_range(info, static_cast<double>(value)); }
void check(const SettingInfo& info, double value) { check_range(info, value); }
void check(const SettingInfo& info, const std::string& value) {
    constexpr std::size_t kTextLimit = 4096;
    if (value.size() > kTextLimit) refuse(info, "is longer than " + std::to_string(kTextLimit) + " bytes", "Give a shorter one");
    if (value.find('\0') != std::string::npos) refuse(info, "holds a zero byte", "Remove it");
}
void check(const SettingInfo& info, const std::vector<double>& values) {
    if (!values.empty() && values.size() != info.count)
        refuse(info, "has " + std::to_string(values.size()) + " numbers", "Give " + std::to_string(info.count) + ", or none");
    for (const double value : values) check_range(info, value);
}
void check(const SettingInfo&, const BackgroundChoice&) {}
template <class Enum>
    requires std::is_enum_v<Enum>
void check(const SettingInfo&, Enum) {}

std::string print(const SettingInfo&, bool value) { return value ? "true" : "false"; }
std::string print(const SettingInfo&, std::int64_t value) { return std::to_string(value); }
std::string print(const SettingInfo&, double value) { return text_of(value); }
std::string print(const SettingInfo&, const std::string& value) { return value; }
std::string print(const SettingInfo&, const std::vector<double>& values) {
    std::string text;
    for (const double value : values) {
        if (!text.empty()) text += ',';
        text += text_of(value);
    }
    return text;
}
std::string print(const SettingInfo&, const BackgroundChoice& value) { return to_text(value); }
template <class Enum>
    requires std::is_enum_v<Enum>
std::string print(const SettingInfo& info, Enum value) {
    return std::string(info.choices[static_cast<std::size_t>(value)]);
}

void parse(const SettingInfo& info, std::string_view text, bool& value) {
    if (text != "true" && text != "false") refuse(info, "'" + std::string(text) + "' is neither true nor false", "Give true or false");
    value = text == "true";
}
void parse(const SettingInfo& info, std::string_view text, std::int64_t& value) {
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc() || end != text.data() + text.size())
        refuse(info, "'" + std::string(text) + "' is not a whole number", "Give one from " + range_text(info));
}
void parse(const SettingInfo& info, std::string_view text, double& value) { value = parse_number(info, text); }
void parse(const SettingInfo&, std::string_view text, std::string& value) { value = text; }
void parse(const SettingInfo& info, std::string_view text, std::vector<double>& values) {
    values.clear();
    while (!text.empty()) {
        const std::size_t comma = std::min(text.find(','), text.size());
        values.push_back(parse_number(info, text.substr(0, comma)));
        text.remove_prefix(std::min(comma + 1, text.size()));
        if (values.size() > info.count) break;  // check() says what is wrong
    }
}
void parse(const SettingInfo&, std::string_view text, BackgroundChoice& value) { value = background_from_text(text); }
template <class Enum>
    requires std::is_enum_v<Enum>
void parse(const SettingInfo& info, std::string_view text, Enum& value) {
    const auto found = std::find(info.choices.begin(), info.choices.end(), text);
    if (found == info.choices.end()) {
        std::string all;
        for (const std::string_view choice : info.choices) all += (all.empty() ? "" : ", ") + std::string(choice);
        refuse(info, "'" + std::string(text) + "' is not a choice", "Give one of: " + all);
    }
    value = static_cast<Enum>(found - info.choices.begin());
}

template <class T>
json to_json_value(const SettingInfo& info, const T& value) {
    if constexpr (std::is_enum_v<T> || std::is_same_v<T, BackgroundChoice>) return print(info, value);
    else return value;
}

void from_json_value(const SettingInfo& info, const JsonObject& in, bool& value) { value = in.flag(info.name); }
void from_json_value(const SettingInfo& info, const JsonObject& in, std::int64_t& value) {
    value = in.integer(info.name, static_cast<std::int64_t>(info.minimum), static_cast<std::int64_t>(info.maximum));
}
void from_json_value(const SettingInfo& info, const JsonObject& in, double& value) { value = in.number(info.name, info.minimum, info.maximum); }
void from_json_value(const SettingInfo& info, const JsonObject& in, std::string& value) { value = in.text(info.name); }
void from_json_value(const SettingInfo& info, const JsonObject& in, std::vector<double>& values) {
    values.clear();
    for (const json& entry : in.array(info.name, info.count)) {
        if (!entry.is_number()) in.wrong(info.name, "holds something that is not a number", "Write numbers only");
        values.push_back(entry.get<double>());
    }
}
template <class T>
    requires(std::is_enum_v<T> || std::is_same_v<T, BackgroundChoice>)
void from_json_value(const SettingInfo& info, const JsonObject& in, T& value) {
    parse(info, in.text(info.name), value);
}

constexpr std::string_view kKindNames[] = {"boolean", "integer", "number", "text", "path", "choice", "numbers", "background"};
constexpr std::string_view kRebuildNames[] = {"live", "new_session", "reload_weights"};

}  // namespace

std::string_view name_of(Rebuild rebuild) noexcept { return kRebuildNames[static_cast<std::size_t>(rebuild)]; }
std::string_view name_of(SettingKind kind) noexcept { return kKindNames[static_cast<std::size_t>(kind)]; }

std::string option_of(std::string_view name) {
    std::string option = "--" + std::string(name);
    std::replace(option.begin(), option.end(), '_', '-');
    return option;
}

std::vector<std::string> engine_options(const Settings& settings) {
    const Settings usual;
    std::vector<std::string> options;
    visit_settings([&](const SettingInfo& info, auto member) {
        if (info.rebuild != Rebuild::reload_weights || settings.*member == usual.*member) return;
        options.push_back(option_of(info.name));
        options.push_back(print(info, settings.*member));
    });
    return options;
}

Rebuild rebuild_needed(const Settings& before, const Settings& after) {
    Rebuild needed = Rebuild::live;
    visit_settings([&](const SettingInfo& info, auto member) {
        if (before.*member != after.*member) needed = std::max(needed, info.rebuild);
    });
    return needed;
}

std::vector<std::string_view> setting_names() {
    std::vector<std::string_view> names;
    visit_settings([&](const SettingInfo& info, auto) { names.push_back(info.name); });
    return names;
}

namespace {

/// Calls visitor for the setting called `name`, or refuses.
template <class Visitor>
void visit_setting(std::string_view name, Visitor&& visitor) {
    bool found = false;
    visit_settings([&](const SettingInfo& info, auto member) {
        if (info.name != name) return;
        found = true;
        visitor(info, member);
    });
    if (found) return;
    const std::string nearest = nearest_name(name, setting_names());
    throw Error(ErrorCode::usage, "setting '" + std::string(name) + "'", "does not exist", nearest.empty() ? "" : "Did you mean '" + nearest + "'?");
}

}  // namespace

std::string setting_text(const Settings& settings, std::string_view name) {
    std::string text;
    visit_setting(name, [&](const SettingInfo& info, auto member) { text = print(info, settings.*member); });
    return text;
}

void set_setting(Settings& settings, std::string_view name, std::string_view text) {
    visit_setting(name, [&](const SettingInfo& info, auto member) {
        auto value = settings.*member;  // the snapshot stays whole when the text is refused
        parse(info, text, value);
        check(info, value);
        settings.*member = std::move(value);
    });
}

void validate(const Settings& settings) {
    visit_settings([&](const SettingInfo& info, auto member) { check(info, settings.*member); });
}

BackgroundChoice background_from_text(std::string_view text) {
    if (text == "keep") return {BackgroundChoice::Mode::keep, 0};
    if (text == "matte") return {BackgroundChoice::Mode::matte, 0};
    std::uint32_t rgb = 0;
    if (text.size() == 7 && text[0] == '#') {
        const auto [end, failed] = std::from_chars(text.data() + 1, text.data() + 7, rgb, 16);
        if (failed == std::errc() && end == text.data() + 7) return {BackgroundChoice::Mode::colour, rgb};
    }
    throw Error(ErrorCode::usage, "setting 'background'", "'" + std::string(text) + "' is not a background", "Give keep, matte or a colour such as #00b140");
}

std::string to_text(const BackgroundChoice& background) {
    if (background.mode == BackgroundChoice::Mode::keep) return "keep";
    if (background.mode == BackgroundChoice::Mode::matte) return "matte";
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text = "#";
    for (int shift = 20; shift >= 0; shift -= 4) text += kDigits[(background.rgb >> shift) & 15];
    return text;
}

std::span<const SettingsMigration> settings_migrations() noexcept { return {}; }  // version 1 is the first

void migrate_settings(json& document, std::int64_t version, std::span<const SettingsMigration> migrations) {
    for (const SettingsMigration& step : migrations)
        if (version <= step.from) step.apply(document);
}

std::string settings_to_json(const Settings& settings) {
    json out{{"version", Settings::kVersion}};
    visit_settings([&](const SettingInfo& info, auto member) { out[std::string(info.name)] = to_json_value(info, settings.*member); });
    return out.dump(2);
}

Settings settings_from_json(std::string_view text, const std::string& subject, UnknownFields unknown) {
    json document = parse_json(text, subject);
    std::int64_t version = Settings::kVersion;  // a file that a person wrote need not say
    {
        const JsonObject root(document, subject);
        if (root.has("version")) version = root.integer("version", 1, INT32_MAX);
    }
    migrate_settings(document, version, settings_migrations());
    const JsonObject in(document, subject);
    if (unknown == UnknownFields::refuse) {
        std::vector<std::string_view> known = setting_names();
        known.push_back("version");
        in.refuse_unknown(known);
    }
    Settings settings;
    visit_settings([&](const SettingInfo& info, auto member) {
        if (!in.has(info.name)) return;
        from_json_value(info, in, settings.*member);
        check(info, settings.*member);
    });
    return settings;
}

std::string settings_reference() {
    const Settings defaults;
    std::ostringstream out;
    out << "| setting | kind | default | range | a change needs | what it does |\n|---|---|---|---|---|---|\n";
    visit_settings([&](const SettingInfo& info, auto member) {
        std::string range;
        for (const std::string_view choice : info.choices) range += (range.empty() ? "" : ", ") + std::string(choice);
        if (info.kind == SettingKind::integer || info.kind == SettingKind::number) range = range_text(info);
        if (info.kind == SettingKind::numbers) range = std::to_string(info.count) + " numbers or none";
        out << "| `" << info.name << "` | " << name_of(info.kind) << " | " << print(info, defaults.*member) << " | " << range << " | "
            << name_of(info.rebuild) << " | " << info.help << " |\n";
    });
    return out.str();
}

}  // namespace mirrorme
