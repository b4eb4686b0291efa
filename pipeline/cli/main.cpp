#include "cli/program.h"
#include "core/platform/process.h"

int main(int argc, char** argv) {
    mirrorme::platform::keep_freed_memory();
    return mirrorme::cli::run_program(argc, argv);
}
