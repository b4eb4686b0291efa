#pragma once
// `mirrorme train data`: what training would see, for people and for other machines.

#include <memory>

#include "cli/subcommand.h"

namespace mirrorme::cli {

/// `train`: the command it belongs to.
std::unique_ptr<Subcommand> make_train_data_command(CLI::App& train);

}  // namespace mirrorme::cli
