#pragma once
// The ready pictures in data/avatars: named characters, drawn by the performers, with where their points are.

#include <filesystem>
#include <string>

#include "core/image.h"
#include "core/keypoints.h"

namespace mirrorme {

inline constexpr int kGalleryCount = 8;

struct GalleryAvatar {
    std::string file;    // "ada.png"
    std::string title;   // shown to people
    std::string style;   // name of the drawing style
    std::uint64_t seed = 0;
    RgbaImage image;     // 768 x 1152, neutral, facing the viewer, hands down
    KeyPointFrame points;  // pixels of the image
};

/// Avatar `index` in 0 .. kGalleryCount - 1. Deterministic. Throws std::out_of_range.
GalleryAvatar draw_gallery_avatar(int index);

/// Writes every picture, its `<picture>.points.json` and avatars.json into `folder` (which must exist).
/// Throws Error naming the file.
void write_gallery(const std::filesystem::path& folder);

}  // namespace mirrorme
