#pragma once
// --mode clip and what goes with it.

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

#include "engine/clip_options.h"

namespace mirrorme::cli {

/// Must outlive the parsing.
class ClipCommandOptions {
public:
    explicit ClipCommandOptions(CLI::App& app);
    /// None: a stream. Throws Error usage where an option of clips was given without the mode.
    std::optional<ClipModeOptions> options() const;

private:
    std::string mode_ = "stream", sampler_;
    ClipWindow window_;
    double guidance_ = 1, stg_ = 0, rescale_ = 0;
    CLI::Option *given_guidance_, *given_stg_, *given_rescale_;
    std::vector<CLI::Option*> of_clips_;
};

}  // namespace mirrorme::cli
