#pragma once
// What gives way when compute cannot keep up: never time, never sound, quality step by step.

#include <cstdint>

#include "core/status.h"

namespace mirrorme {

/// How the last chunk went.
struct ChunkOutcome {
    std::int64_t lateness_ns = 0;  // finished after its deadline (> 0) or before it (< 0)
    std::int64_t compute_ns = 0;   // 0 for a chunk that was not computed
    std::int64_t period_ns = 1;    // media time it covers
};

/// Note [Degradation ladder]
/// full -> fewer_steps -> hold -> idle -> reference. One late chunk at a level that computes goes one step down. hold repeats the last
/// frame for one chunk and tries again; when the try is late too, the next pause is longer (idle: frames of the last silent
/// stretch; then reference: the still picture), and each pause ends in a try with few steps. Tries that succeed climb back: to
/// full only after a run of chunks with time to spare, so that the level does not flutter at the edge.
struct LadderState {
    DegradationLevel level = DegradationLevel::full;
    DegradationLevel pause = DegradationLevel::hold;  // where the next late try leads
    int run = 0;                                      // chunks since the level was entered
};

LadderState next_level(LadderState state, const ChunkOutcome& outcome) noexcept;

/// True where the level computes chunks; the others repeat pictures that exist already.
constexpr bool computes(DegradationLevel level) noexcept { return level == DegradationLevel::full || level == DegradationLevel::fewer_steps; }

/// Sampler steps at a level, given those wanted and the fewest the model supports.
constexpr int steps_at(DegradationLevel level, int wanted, int fewest) noexcept {
    return level == DegradationLevel::full || fewest > wanted ? wanted : fewest;
}

}  // namespace mirrorme
