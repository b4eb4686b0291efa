#pragma once
// What works on this machine, and what to do about what does not.

#include <filesystem>
#include <string>
#include <vector>

namespace mirrorme::cli {

enum class Health { ok, warn, fail };

struct Finding {
    Health health = Health::ok;
    std::string subject;  // "processor"
    std::string found;    // one line
    std::string remedy;   // empty when there is nothing to do
};

/// Runs every check; none of them throws. `bundle` empty: the embedded one.
std::vector<Finding> examine_machine(const std::filesystem::path& bundle);

}  // namespace mirrorme::cli
