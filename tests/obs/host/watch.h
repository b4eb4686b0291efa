#pragma once
// Watches what sources do on OBS's threads without their knowledge: this program's own obs_register_source_s and
// obs_source_add_audio_capture_callback stand before libobs's, and hand on.

#include <cstdint>
#include <string>
#include <vector>

namespace mirrorme::testing {

/// What one source kind's callback took, each call: microseconds of the thread's processor time, and by the clock.
struct CallTimes {
    std::vector<double> cpu_us, wall_us;
};
enum class WatchedCallback { tick, render };

/// Begins to note; what was noted before is forgotten.
void watch_callbacks();
/// A copy of what was noted for source kind `id` since then.
CallTimes watched(const std::string& id, WatchedCallback callback);
double percentile(std::vector<double> values, double percent);

/// What audio callbacks did that they must not: since watch_callbacks().
struct AudioDeeds {
    std::int64_t calls = 0, allocations = 0, locks = 0;
    double longest_us = 0;  // by the thread's processor time
};
AudioDeeds audio_deeds();

}  // namespace mirrorme::testing
