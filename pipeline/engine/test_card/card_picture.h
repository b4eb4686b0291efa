#pragma once
// What a test-card frame shows, and how a test reads it back.

#include <cstdint>
#include <optional>

#include "core/video_frame.h"

namespace mirrorme {

/// What one frame says.
struct CardContent {
    SampleIndex first_sample = 0;  // as a bar code
    float mouth = 0;               // 0 closed .. 1 wide
    float gesture = 0;             // 0 .. 1: brightness of the square at the lower right
    bool opaque = true;            // background kept; otherwise the left third is half transparent, the right third transparent
};

/// Draws into BGRA pixels of width x height (at least 128 x 96). The upper sixth holds the bar code, the middle the mouth.
void draw_card(FramePixels& pixels, int width, int height, const CardContent& content);

/// The sample index in the bar code; none when it does not read (its check bits are wrong). Survives scaling, video compression and
/// compositing over a dark or a light background.
std::optional<SampleIndex> read_card_time(const VideoFrame& frame);
/// How far the mouth is open, 0 .. 1, to about 1 %.
float read_card_mouth(const VideoFrame& frame);

}  // namespace mirrorme
