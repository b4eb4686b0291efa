#pragma once
// How far lips and voice are apart.

#include <optional>

#include "obs/host/recorder.h"

namespace mirrorme::testing {

struct LipOffset {
    double ms = 0;           // the picture is later than the sound by this much
    double correlation = 0;  // of mouth and loudness at that offset, 1 = perfect
};
/// Slides the mouth of view `view` over the loudness of the sound, -400 .. 1200 ms. None when the two overlap too little.
std::optional<LipOffset> lip_offset(const std::vector<SeenFrame>& frames, std::size_t view, const HeardSound& sound);

struct VoiceMatch {
    std::int64_t delay_samples = 0;  // what was heard is the voice this much later than its first sample's time
    double worst = 0;                // largest difference between what was heard and the voice at that place
    std::int64_t compared = 0, first_wrong = -1;  // samples; the first that differs audibly, counted from `from`
};
/// Finds stretch [from, from + count) of `sound` in the first minute of voice `seed`, by any 42 ms of it that are exactly there. None when none are.
std::optional<VoiceMatch> find_voice(const HeardSound& sound, std::int64_t from, std::int64_t count, std::uint32_t seed);

}  // namespace mirrorme::testing
