#pragma once
// A gesture drawn small: lines and a head in the unit square, from one frame of its key-point track.

#include <cstddef>
#include <vector>

#include "core/track_io.h"
#include "ui/model/geometry.h"

namespace mirrorme::ui {

struct Stroke {
    Point from, to;
    double width = 0;  // of the line, as a part of the square
    bool operator==(const Stroke&) const = default;
};

struct StickFigure {
    std::vector<Stroke> body;   // shoulders, neck, flanks; arms the gesture leaves alone
    std::vector<Stroke> limbs;  // what the gesture moves
    Point head;
    double head_radius = 0;
    bool empty() const noexcept { return body.empty(); }
};

/// Where the gesture is at its clearest: the middle of its hold, else the frame with the highest wrist.
std::size_t telling_frame(const KeyPointTrack& track);

/// Empty for a track that is not in torso units or has no such frame.
StickFigure stick_figure(const KeyPointTrack& track, std::size_t frame);

}  // namespace mirrorme::ui
