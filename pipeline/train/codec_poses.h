#pragma once
// Random poses for the training of the motion codec: single frames, not speech. They cover more than speech does, evenly,
// so that the renderer and the key-point net know every mouth, lid, turn and hand before a voice drives them.

#include <cstdint>
#include <random>

#include "train/performers/performer.h"
#include "train/performers/pose.h"

namespace mirrorme {

using TrainingRng = std::mt19937_64;

float uniform(TrainingRng& rng, float low, float high);
bool chance(TrainingRng& rng, float probability);

/// As pictures are taken: mostly mouth closed, eyes open, facing the viewer, arms down; now and then anything.
PerformerPose reference_pose(TrainingRng& rng);
/// Anything a stream may show: visemes, blinks, gaze, head turns, breathing, gestures.
PerformerPose any_pose(TrainingRng& rng);
/// Near `reference`, as most of a stream is: any mouth, lids and gaze nearly as they were, a little motion of head and body.
PerformerPose near_pose(TrainingRng& rng, const PerformerPose& reference);
/// Face close-up to half body, slightly off centre, camera nearly level.
View any_view(TrainingRng& rng, int width, int height);

/// A training character (never seed % 10 == 9) or a held-out one (always).
enum class CharacterSet { training, held_out };
std::uint64_t character_seed(TrainingRng& rng, CharacterSet set);

}  // namespace mirrorme
