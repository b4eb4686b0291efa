#pragma once
// What the first bytes of a picture say, read without decoding it: nothing is allocated before its size is known to be sane.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace mirrorme {

enum class PictureFormat { png, jpeg, webp };
std::string_view name_of(PictureFormat format) noexcept;

struct PictureHeader {
    PictureFormat format = PictureFormat::png;
    int width = 0, height = 0;  // as stored, before the orientation is applied
    int orientation = 1;        // EXIF 1..8: how to turn what is stored
};

/// Reads PNG (also the first picture of an APNG), JPEG and WebP. Throws Error naming `subject`: unreadable (empty, damaged,
/// truncated, another kind of file), unsupported (animated WebP), too_large (more than kMaxPicturePixels).
PictureHeader read_picture_header(std::span<const std::byte> file, const std::string& subject);

inline constexpr long long kMaxPicturePixels = 64'000'000;

/// EXIF orientation from a TIFF block (as in JPEG APP1 after "Exif\0\0", PNG eXIf, WebP EXIF); 1 when absent or damaged.
int exif_orientation(std::span<const std::byte> tiff) noexcept;

}  // namespace mirrorme
