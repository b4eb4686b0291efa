#pragma once
// Sound that must come in time on a machine that may be busy with something else.
//
// Note [Sound in time]
// libobs throws away what a source has sent when nothing new comes for two of its ticks (43 ms), and says nothing of it. A voice of
// this host that is kept waiting for a processor would lose sound so, and the module under test would be blamed. Voice and libobs's
// audio thread therefore run before everything else where the system allows it (root); and where they were late all the same, by a
// cause that no module can have, it is known (ObsHost::disturbed).

#include <cstddef>
#include <cstdint>

namespace mirrorme::testing {

/// Puts the calling thread before all others, once.
void run_before_others();
/// How long the calling thread has been ready to run and was not, since it began. 0 where the kernel does not count it.
std::int64_t waited_for_processor_ns();

/// To be called when this machine made the host's own sound late.
void note_late(std::int64_t ns) noexcept;
/// The worst that was noted since forget_late().
std::int64_t worst_late_ns() noexcept;
void forget_late() noexcept;

/// Of this process, without what its allocator holds in reserve.
double resident_mb();
/// "task": threads, "fd": descriptors of this process.
std::size_t count_of(const char* what);

}  // namespace mirrorme::testing
