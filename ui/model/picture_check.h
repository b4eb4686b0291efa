#pragma once
// Whether a picture can become an avatar, from its first bytes: no pixel is decoded, nothing is allocated by what a file claims.
// The engine reads PNG, JPEG and WebP (media/picture_header.h); this says beforehand, in words for people, what it would refuse,
// and refuses what is too small to show a speaking face.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "ui/model/phrase.h"

namespace mirrorme::ui {

inline constexpr int kSmallestPictureSide = 128;           // pixels; smaller faces have no mouth to move
inline constexpr int kSoftPictureSide = 384;               // below this the result looks soft
inline constexpr std::uint64_t kLargestPicture = 64'000'000;   // pixels, the engine's own limit
inline constexpr std::size_t kLargestPictureFile = std::size_t{1} << 30;

enum class PictureFault { none, empty, not_a_picture, unsupported_kind, damaged, animated, too_small, too_large };

struct PictureCheck {
    PictureFault fault = PictureFault::none;
    Phrase problem;  // why it is refused; empty = it is not
    Phrase remark;   // accepted, but worth knowing (CMYK, small, first of several); empty = nothing
    int width = 0, height = 0;  // as stored; 0 = unknown
    bool accepted() const noexcept { return fault == PictureFault::none; }
};

/// `file`: the whole content. `name`: of the file, for the words.
PictureCheck check_picture(std::span<const std::byte> file, const std::string& name);

}  // namespace mirrorme::ui
