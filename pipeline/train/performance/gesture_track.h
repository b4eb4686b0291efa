#pragma once
// Gestures as presets: key-point tracks that ship in data/gestures and that every bundle with hands can play.

#include <span>
#include <string_view>

#include "core/track_io.h"

namespace mirrorme {

/// The gestures that ship: "wave", "open_palms", "point", ...
std::span<const std::string_view> gesture_preset_names() noexcept;

/// The track of a gesture at 24 fps in torso units: the points of the hand it moves, or of both. "show_left" is to the left of who looks on. It comes up from rest,
/// holds for one period (what `hold` repeats without a seam) and a half, and goes down again. Made with a performer's
/// arms, so the points are ones that an arm can reach. Throws Error (not_found) for a name not in gesture_preset_names().
KeyPointTrack make_gesture_track(std::string_view name);

}  // namespace mirrorme
