#pragma once
// `mirrorme eval`: how good a bundle is, in figures, and two of them side by side.

#include <memory>

#include "cli/subcommand.h"

namespace mirrorme::cli {

std::unique_ptr<Subcommand> make_eval_command(CLI::App& program);

}  // namespace mirrorme::cli
