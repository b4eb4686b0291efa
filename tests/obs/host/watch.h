#pragma once
// Watches what sources do on OBS's threads without their knowledge: this program's own obs_register_source_s and
// obs_source_add_audio_capture_callback stand before libobs's, and hand on.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace mirrorme::testing {

/// What one source's callback took, each call: microseconds of the thread's processor time, and by the clock.
struct CallTimes {
    std::vector<double> cpu_us, wall_us;
};
/// frame: what a tick and all rendering until the next one took together, which is what the source costs a frame of OBS.
enum class WatchedCallback { tick, render, frame };
inline constexpr WatchedCallback kWatchedCallbacks[] = {WatchedCallback::tick, WatchedCallback::render, WatchedCallback::frame};

/// Begins to note, for avatars and image sources of these names; what was noted before is forgotten.
void watch_callbacks(std::initializer_list<const char*> names);
/// A copy of what was noted for source `name` since then.
CallTimes watched(const std::string& name, WatchedCallback callback);
/// Pictures that source `name` has given to existing textures since then.
int uploads_of(const std::string& name);
double percentile(std::vector<double> values, double percent);

/// What audio callbacks did that they must not: since watch_callbacks().
struct AudioDeeds {
    std::int64_t calls = 0, allocations = 0, locks = 0;
    double longest_us = 0;  // by the thread's processor time
};
AudioDeeds audio_deeds();

}  // namespace mirrorme::testing
