#include "cli/settings_options.h"

#include <algorithm>

namespace mirrorme::cli {
namespace {

std::string placeholder(const SettingInfo& info) {
    switch (info.kind) {
        case SettingKind::integer: return "N";
        case SettingKind::number: return "X";
        case SettingKind::path: return "PATH";
        case SettingKind::background: return "keep|matte|#rrggbb";
        case SettingKind::numbers: return "N,N,...";
        case SettingKind::choice: {
            std::string choices;
            for (const std::string_view choice : info.choices) choices += (choices.empty() ? "" : "|") + std::string(choice);
            return choices;
        }
        default: return "TEXT";
    }
}

}  // namespace

SettingsOptions::SettingsOptions(CLI::App& app, std::initializer_list<std::string_view> only) {
    const Settings defaults;
    visit_settings([&](const SettingInfo& info, auto) {
        if (only.size() > 0 && std::find(only.begin(), only.end(), info.name) == only.end()) return;
        Given& given = given_.emplace_back();
        given.name = info.name;
        const std::string usual = info.kind == SettingKind::boolean ? "" : setting_text(defaults, info.name);
        // const matters: CLI11 takes a non-const string after a flag's name for the place to store its value.
        const std::string help = std::string(info.help) + (usual.empty() ? "" : " [" + usual + ']');
        if (info.kind == SettingKind::boolean) {
            given.option = app.add_flag(option_of(info.name), help);
        } else {
            given.option = app.add_option(option_of(info.name), given.text, help);
            given.option->type_name(placeholder(info));
        }
    });
}

Settings SettingsOptions::settings_over(Settings settings) const {
    for (const Given& given : given_)
        if (given.option->count() > 0) set_setting(settings, given.name, given.text);
    validate(settings);
    return settings;
}

}  // namespace mirrorme::cli
