#pragma once
// `mirrorme bench decode`: how near an autoencoder's decode by windows comes to a decode of the whole clip, over the windows' context.

#include "cli/subcommand.h"

namespace mirrorme::cli {

/// A command of `bench`, the parent.
std::unique_ptr<Subcommand> make_decode_bench(CLI::App& bench);

}  // namespace mirrorme::cli
