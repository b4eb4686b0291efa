#pragma once
// A microphone for tests: an OBS source whose every sample is known.

#include <obs.h>

#include <cstdint>
#include <filesystem>
#include <vector>

namespace mirrorme::testing {

inline constexpr const char* kVoiceId = "mirrorme_test_voice";
inline constexpr int kVoiceRate = 48000;

/// Sample `index` of the voice called `seed`: bursts of a tone with a little noise, 60 to 200 ms long and never alike, with pauses
/// between them. Any two stretches of a second differ, so a recording says which sample it holds.
float voice_sample(std::uint32_t seed, std::int64_t index);
std::vector<float> voice_samples(std::uint32_t seed, std::int64_t first, std::int64_t count);

/// The first `seconds` of the voice as a 16-bit WAV file, for OBS's media source. Throws std::runtime_error.
void write_voice_file(const std::filesystem::path& path, std::uint32_t seed, int seconds);

// Note [A voice that is early]
// libobs mixes a tick of 21 ms as soon as its clock says so. A source of which only a part of the tick is there by then is left out of it and
// comes in the next one: a hole and a shift of 21 ms, without a word in the log, until enough ticks are in between. A microphone's blocks are
// complete when they are heard and not before, and the clock of the mixer drifts against them (it sleeps for 21 ms and not for 21.3), so that this may
// happen to any source in its first seconds, earlier or later, with no avatar there at all. Tests that ask for every sample give the voice
// time stamps some ticks ahead instead; then only a wait longer than that can make holes.
inline constexpr const char* kEarlyVoice = R"({"clock_ms": 60})";

/// When sample 0 was "heard", on OBS's clock.
std::uint64_t voice_start_ns(obs_source_t* voice);

/// Makes the source known to libobs. Call after obs_startup. Settings:
///   seed (int)        which voice                    silent (bool)   zeros instead
///   block (int)       samples in a block, 480        clock_ms (int)  added to every time stamp: a device with a clock of its own
///   stopped (bool)    no blocks at all
/// Blocks are stamped with the time their first sample was "heard" and come when their last one was.
void register_voice();

}  // namespace mirrorme::testing
