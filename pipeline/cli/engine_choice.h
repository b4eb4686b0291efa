#pragma once
// Which engine a command runs.

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "engine/api/engine_api.h"
#include "engine/clip_options.h"

namespace mirrorme::cli {

struct EngineOptions {
    std::string backend = "local";  // "local": the model of a bundle; "test-card": bar codes, for tests

    std::string compute = "auto";   // as engine/compute.h names it
    std::optional<ClipModeOptions> clips;  // a file made in windows

    void declare(CLI::App& app);  // backend and compute
};

/// Loads the bundle named in `settings`, or the embedded one, on the device named there. Throws Error.
std::unique_ptr<Engine> open_engine(const EngineOptions& options, const Settings& settings);

/// The folder `settings` names, or the embedded bundle's.
std::filesystem::path bundle_dir(const Settings& settings);

}  // namespace mirrorme::cli
