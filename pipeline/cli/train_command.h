#pragma once
// `mirrorme train <stage>`.

#include "cli/subcommand.h"

namespace mirrorme::cli {

std::unique_ptr<Subcommand> make_train_command(CLI::App& program);

}  // namespace mirrorme::cli
