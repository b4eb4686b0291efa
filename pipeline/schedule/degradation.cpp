#include "schedule/degradation.h"

#include <algorithm>

namespace mirrorme {
namespace {

using L = DegradationLevel;

constexpr int kClimbRun = 24;          // good chunks at fewer_steps before full is tried again
constexpr int kForgetRun = 8;          // good chunks at fewer_steps after which the next pause is the shortest again
constexpr int kHoldChunks = 1, kIdleChunks = 6, kReferenceChunks = 24;

int pause_length(L level) noexcept {
    return level == L::hold ? kHoldChunks : level == L::idle ? kIdleChunks : kReferenceChunks;
}

L deeper(L level) noexcept { return level == L::reference ? L::reference : static_cast<L>(static_cast<int>(level) + 1); }

}  // namespace

LadderState next_level(LadderState s, const ChunkOutcome& outcome) noexcept {
    ++s.run;
    const bool late = outcome.lateness_ns > 0;
    switch (s.level) {
        case L::full:
            if (late) return {L::fewer_steps, L::hold, 0};
            return s;
        case L::fewer_steps:
            if (late) return {s.pause, deeper(s.pause), 0};
            if (s.run >= kForgetRun) s.pause = L::hold;
            // Full steps cost more than these: climb only with half the period to spare.
            if (outcome.compute_ns * 2 > outcome.period_ns) s.run = std::min(s.run, kForgetRun);
            if (s.run >= kClimbRun) return {L::full, L::hold, 0};
            return s;
        case L::hold:
        case L::idle:
        case L::reference:
            if (s.run >= pause_length(s.level)) return {L::fewer_steps, s.pause, 0};
            return s;
    }
    return s;
}

}  // namespace mirrorme
