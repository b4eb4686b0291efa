#pragma once
// What happens to a voice between a mouth and a model: microphones, rooms, noise, codecs. The sound changes, its timing
// does not, and what was silent stays labelled so.

#include <cstdint>
#include <vector>

namespace mirrorme {

/// Treats `audio` (16 kHz mono) in place; the same seed, strength and sound give the same result. `strength` 0 .. 1 is how
/// often and how badly: 0 does nothing, 1 leaves about one sound in eight untouched. |sample| <= 1 afterwards.
/// Delays nothing by more than 1 ms. About 1.5 ms for a second of sound. Pure; any thread.
void augment_audio(std::vector<float>& audio, std::uint64_t seed, float strength);

}  // namespace mirrorme
