// Sources: PNG (W3C, third edition), JPEG (ITU T.81), the WebP container specification.
#include "ui/model/picture_check.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace mirrorme::ui {
namespace {

using Bytes = std::span<const std::byte>;

bool has_text(Bytes bytes, std::size_t at, std::string_view text) {
    return at <= bytes.size() && bytes.size() - at >= text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

std::uint32_t byte_at(Bytes bytes, std::size_t at) { return at < bytes.size() ? std::to_integer<std::uint32_t>(bytes[at]) : 0; }

std::uint32_t big(Bytes bytes, std::size_t at, std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < width; ++i) value = value << 8 | byte_at(bytes, at + i);
    return value;
}

std::uint32_t little(Bytes bytes, std::size_t at, std::size_t width) {
    std::uint32_t value = 0;
    for (std::size_t i = width; i-- > 0;) value = value << 8 | byte_at(bytes, at + i);
    return value;
}

struct Header {
    std::uint32_t width = 0, height = 0;
    bool animated = false, cmyk = false, many = false;  // many: pictures, of which the first is as good as any other picture
};

/// The size stands in the first chunk, an animation's control chunk before the pixels.
std::optional<Header> png_header(Bytes file) {
    if (!has_text(file, 12, "IHDR") || file.size() < 33) return std::nullopt;
    Header header{big(file, 16, 4), big(file, 20, 4)};
    for (std::size_t at = 8; file.size() - at >= 12;) {
        const std::size_t size = big(file, at, 4);
        if (has_text(file, at + 4, "acTL")) header.many = true;
        if (has_text(file, at + 4, "IDAT") || has_text(file, at + 4, "IEND")) return header;
        if (size > file.size() - at - 12) return std::nullopt;
        at += 12 + size;
    }
    return std::nullopt;
}

std::optional<Header> jpeg_header(Bytes file) {
    for (std::size_t at = 2; at + 4 <= file.size();) {
        if (byte_at(file, at) != 0xff) return std::nullopt;
        const std::uint32_t marker = byte_at(file, at + 1);
        if (marker == 0xff) {  // fill byte
            ++at;
            continue;
        }
        const bool frame = marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
        if (frame && at + 10 <= file.size()) return Header{big(file, at + 7, 2), big(file, at + 5, 2), false, byte_at(file, at + 9) == 4};
        at += 2 + std::max<std::size_t>(2, big(file, at + 2, 2));
    }
    return std::nullopt;
}

std::optional<Header> webp_header(Bytes file) {
    if (file.size() < 30) return std::nullopt;
    if (has_text(file, 12, "VP8X")) return Header{1 + little(file, 24, 3), 1 + little(file, 27, 3), (byte_at(file, 20) & 0x02) != 0};
    if (has_text(file, 12, "VP8L")) {
        const std::uint32_t bits = little(file, 21, 4);
        return Header{1 + (bits & 0x3fff), 1 + (bits >> 14 & 0x3fff)};
    }
    if (has_text(file, 12, "VP8 ")) return Header{little(file, 26, 2) & 0x3fff, little(file, 28, 2) & 0x3fff};
    return std::nullopt;
}

/// What a file that is none of ours most likely is.
std::string_view known_kind(Bytes file) {
    if (has_text(file, 0, "GIF8")) return "GIF";
    if (has_text(file, 0, "BM")) return "BMP";
    if (has_text(file, 0, std::string_view("II*\0", 4)) || has_text(file, 0, std::string_view("MM\0*", 4))) return "TIFF";
    if (has_text(file, 4, "ftyphei") || has_text(file, 4, "ftypmif1")) return "HEIC";
    if (has_text(file, 4, "ftypavif")) return "AVIF";
    if (has_text(file, 0, "8BPS")) return "Photoshop";
    if (has_text(file, 0, "<svg") || has_text(file, 0, "<?xml")) return "SVG";
    return {};
}

PictureCheck refused(PictureFault fault, Phrase problem, const Header& header = {}) {
    PictureCheck check;
    check.fault = fault;
    check.problem = std::move(problem);
    check.width = static_cast<int>(std::min<std::uint32_t>(header.width, 0x7fffffff));
    check.height = static_cast<int>(std::min<std::uint32_t>(header.height, 0x7fffffff));
    return check;
}

PictureCheck judged(const Header& header, const std::string& name) {
    const std::string width = std::to_string(header.width), height = std::to_string(header.height);
    const std::uint32_t side = std::min(header.width, header.height);
    if (side == 0) return refused(PictureFault::damaged, {"Panel.Picture.Damaged", {name}});
    if (header.animated) return refused(PictureFault::animated, {"Panel.Picture.Animated", {name}}, header);
    if (std::uint64_t{header.width} * header.height > kLargestPicture) return refused(PictureFault::too_large, {"Panel.Picture.TooLarge", {name, width, height}}, header);
    if (side < kSmallestPictureSide)
        return refused(PictureFault::too_small, {"Panel.Picture.TooSmall", {name, width, height, std::to_string(kSmallestPictureSide)}}, header);
    PictureCheck check;
    check.width = static_cast<int>(header.width);
    check.height = static_cast<int>(header.height);
    if (header.cmyk) check.remark = {"Panel.Picture.Cmyk", {}};
    else if (header.many) check.remark = {"Panel.Picture.FirstOnly", {}};
    else if (side < kSoftPictureSide) check.remark = {"Panel.Picture.Soft", {width, height}};
    return check;
}

}  // namespace

PictureCheck check_picture(Bytes file, const std::string& name) {
    if (file.empty()) return refused(PictureFault::empty, {"Panel.Picture.Empty", {name}});
    std::optional<Header> header;
    if (has_text(file, 0, "\x89PNG\r\n\x1a\n")) header = png_header(file);
    else if (has_text(file, 0, "\xff\xd8\xff")) header = jpeg_header(file);
    else if (has_text(file, 0, "RIFF") && has_text(file, 8, "WEBP")) header = webp_header(file);
    else if (const std::string_view kind = known_kind(file); kind == "GIF")
        return refused(PictureFault::animated, {"Panel.Picture.Gif", {name}});
    else if (!kind.empty())
        return refused(PictureFault::unsupported_kind, {"Panel.Picture.Unsupported", {name, std::string(kind)}});
    else
        return refused(PictureFault::not_a_picture, {"Panel.Picture.NotAPicture", {name}});
    if (!header) return refused(PictureFault::damaged, {"Panel.Picture.Damaged", {name}});
    return judged(*header, name);
}

}  // namespace mirrorme::ui
