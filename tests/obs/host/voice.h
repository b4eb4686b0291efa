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

/// When sample 0 was "heard", on OBS's clock.
std::uint64_t voice_start_ns(obs_source_t* voice);

/// Makes the source known to libobs. Call after obs_startup. Settings:
///   seed (int)        which voice                    silent (bool)   zeros instead
///   block (int)       samples in a block, 480        clock_ms (int)  added to every time stamp: a device with a clock of its own
///   stopped (bool)    no blocks at all
/// Blocks are stamped with the time their first sample was "heard" and come when their last one was.
void register_voice();

}  // namespace mirrorme::testing
