#pragma once
// Which part of the given picture the frame shows.

#include "codec/codec.h"
#include "core/keypoints.h"
#include "core/settings.h"

namespace mirrorme {

/// x, y of the upper left corner and size, in pixels of the picture; may reach over its edges.
struct CropBox {
    double x = 0, y = 0, width = 0, height = 0;
};

/// The crop for a frame of frame_width x frame_height around the face. settings.crop wins, widened to the frame's shape; else
/// settings.framing says how large the face is; automatic keeps as much of the picture as shows the face neither tiny nor cut off.
CropBox choose_crop(const RgbaImage& picture, const FaceFrame& face, const CodecSpec& frame, const Settings& settings);

/// Points moved to where the user says eyes and mouth are (settings.eyes, settings.mouth; empty = left alone). The whole face
/// follows the eyes, the lips follow the mouth's corners.
KeyPointFrame with_overrides(const KeyPointFrame& points, const Settings& settings);

/// The part of `picture` in `crop`, scaled to the frame, with the points in pixels of the frame. Beyond the picture's edge: transparent, or,
/// where the picture is opaque, its edge carried on.
ReferencePicture cut_out(const RgbaImage& picture, const KeyPointFrame& points, const CropBox& crop, const CodecSpec& frame);

}  // namespace mirrorme
