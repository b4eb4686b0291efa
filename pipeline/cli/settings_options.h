#pragma once
// The product's settings as command line options: one for each entry of visit_settings, named after it.

#include <CLI/CLI.hpp>

#include <deque>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/settings.h"

namespace mirrorme::cli {

/// Declares options on a CLI::App and makes Settings of what was given. Must outlive the parsing.
class SettingsOptions {
public:
    /// Every setting, or only those named.
    explicit SettingsOptions(CLI::App& app, std::initializer_list<std::string_view> only = {});

    /// Throws Error usage naming the option.
    Settings settings() const { return settings_over({}); }
    /// `base` with what was given on the command line. Throws as settings() does.
    Settings settings_over(Settings base) const;

private:
    struct Given {
        std::string_view name;
        std::string text = "true";  // what a flag means when it is given
        CLI::Option* option = nullptr;
    };
    std::deque<Given> given_;  // stable addresses: the parser writes into them
};

}  // namespace mirrorme::cli
