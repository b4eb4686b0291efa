#pragma once
// `mirrorme bench chunk`: the transformer and the autoencoder of a published size on a device, without weights.

#include "cli/subcommand.h"

namespace mirrorme::cli {

/// A command of `bench`, the parent.
std::unique_ptr<Subcommand> make_chunk_bench(CLI::App& bench);

}  // namespace mirrorme::cli
