#pragma once
// `mirrorme bench context`: what a stream's cached context saves against running its whole context again for every chunk, beside what it must save by the
// number of multiplications.

#include "cli/subcommand.h"

namespace mirrorme::cli {

std::unique_ptr<Subcommand> make_context_bench(CLI::App& bench);

}  // namespace mirrorme::cli
