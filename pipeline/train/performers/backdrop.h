#pragma once
// What is behind a performer: rooms, shelves, windows, studio walls, streets and parks, out of focus where the style
// is photo-like.

#include "train/performers/canvas.h"
#include "train/performers/look.h"

namespace mirrorme::performers {

/// The whole frame, opaque. Deterministic in look and size.
Surface draw_backdrop(const CharacterLook& look, int width, int height);

}  // namespace mirrorme::performers
