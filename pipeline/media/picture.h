#pragma once
// Pictures in and out of memory.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/image.h"
#include "media/picture_header.h"

namespace mirrorme {

/// A whole picture, upright (EXIF orientation applied), RGBA with straight alpha, whatever it was stored as: grey, palette, 16 bit,
/// CMYK. Colours are taken as sRGB; embedded colour profiles are not applied. Throws Error naming the file and the remedy:
/// not_found, unreadable, unsupported, too_large.
RgbaImage read_picture(const std::filesystem::path& path);

/// The same for a file's content; `subject` is its name in messages.
RgbaImage decode_picture(std::span<const std::byte> file, const std::string& subject);

/// Turns `stored` as EXIF orientation 1..8 says; others leave it as it is.
RgbaImage upright(RgbaImage stored, int orientation);

/// `image` as a PNG file's content, straight alpha.
std::vector<std::byte> encode_png(const RgbaImage& image);

/// Writes a PNG that is either whole or not there. Throws Error: not_found, unreadable, no_space.
void write_png(const std::filesystem::path& path, const RgbaImage& image);

}  // namespace mirrorme
