#pragma once

namespace mirrorme::cli {

/// The whole command line program but for main(): gives the exit code (0 done, 1 failed, 2 wrong use, 130 stopped by the user)
/// and lets no exception out. An error is one line on stderr.
int run_program(int argc, char** argv) noexcept;

}  // namespace mirrorme::cli
