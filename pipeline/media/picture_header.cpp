// Sources: PNG (W3C, third edition), JPEG (ITU T.81), the WebP container specification, EXIF 2.32 (CIPA DC-008).
#include "media/picture_header.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "core/error.h"

namespace mirrorme {
namespace {

using Bytes = std::span<const std::byte>;

constexpr const char* kSupported = "PNG, JPEG and WebP pictures are read; convert it to one of them.";
constexpr const char* kSaveAgain = "Copy or export the picture again.";

/// Numbers out of a buffer; every read past the end gives 0 and is remembered.
class Cursor {
public:
    enum class Order { big, little };
    Cursor(Bytes bytes, Order order) : bytes_(bytes), order_(order) {}

    std::uint32_t number(std::size_t at, int width) noexcept {
        if (at > bytes_.size() || bytes_.size() - at < static_cast<std::size_t>(width)) return overrun_ = true, 0;
        std::uint32_t value = 0;
        for (int i = 0; i < width; ++i) {
            const int shift = 8 * (order_ == Order::big ? width - 1 - i : i);
            value |= std::to_integer<std::uint32_t>(bytes_[at + static_cast<std::size_t>(i)]) << shift;
        }
        return value;
    }
    std::uint32_t u8(std::size_t at) noexcept { return number(at, 1); }
    std::uint32_t u16(std::size_t at) noexcept { return number(at, 2); }
    std::uint32_t u32(std::size_t at) noexcept { return number(at, 4); }
    bool overrun() const noexcept { return overrun_; }

private:
    Bytes bytes_;
    Order order_;
    bool overrun_ = false;
};

bool has_text(Bytes bytes, std::size_t at, std::string_view text) {
    return at <= bytes.size() && bytes.size() - at >= text.size() && std::memcmp(bytes.data() + at, text.data(), text.size()) == 0;
}

[[noreturn]] void truncated(const std::string& subject) {
    throw Error(ErrorCode::unreadable, subject, "the picture is truncated: its end is missing", kSaveAgain);
}

[[noreturn]] void damaged(const std::string& subject, const std::string& what) {
    throw Error(ErrorCode::unreadable, subject, "the picture is damaged: " + what, kSaveAgain);
}

PictureHeader png_header(Bytes file, const std::string& subject) {
    Cursor in(file, Cursor::Order::big);
    if (!has_text(file, 12, "IHDR")) damaged(subject, "a PNG without its header");
    PictureHeader header{PictureFormat::png, static_cast<int>(in.u32(16) & 0x7fffffff), static_cast<int>(in.u32(20) & 0x7fffffff), 1};
    for (std::size_t at = 8; at < file.size();) {
        const std::uint32_t size = in.u32(at);
        if (in.overrun() || size > file.size() - at || file.size() - at - size < 12) truncated(subject);
        if (has_text(file, at + 4, "eXIf")) header.orientation = exif_orientation(file.subspan(at + 8, size));
        if (has_text(file, at + 4, "IEND")) return header;
        at += 12 + std::size_t{size};
    }
    truncated(subject);
}

bool is_frame_header(std::uint32_t marker) { return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc; }

/// From the start of scan on, data is opaque; all that can be asked is whether its end marker is there.
bool has_end_of_image(Bytes scan) {
    static constexpr std::byte kEnd[] = {std::byte{0xff}, std::byte{0xd9}};
    return std::search(scan.begin(), scan.end(), std::begin(kEnd), std::end(kEnd)) != scan.end();
}

PictureHeader jpeg_header(Bytes file, const std::string& subject) {
    Cursor in(file, Cursor::Order::big);
    PictureHeader header{PictureFormat::jpeg, 0, 0, 1};
    for (std::size_t at = 2; at < file.size();) {
        if (in.u8(at) != 0xff) damaged(subject, "a JPEG segment is missing");
        const std::uint32_t marker = in.u8(at + 1);
        if (marker == 0xff) {  // fill byte
            ++at;
            continue;
        }
        const std::uint32_t size = in.u16(at + 2);
        if (in.overrun() || size < 2 || size > file.size() - at - 2) truncated(subject);
        const Bytes body = file.subspan(at + 4, size - 2);
        if (is_frame_header(marker)) {
            header.height = static_cast<int>(in.u16(at + 5));
            header.width = static_cast<int>(in.u16(at + 7));
        }
        if (marker == 0xe1 && has_text(body, 0, std::string_view("Exif\0\0", 6))) header.orientation = exif_orientation(body.subspan(6));
        if (marker == 0xda) {
            if (header.width == 0) damaged(subject, "a JPEG without its size");
            if (!has_end_of_image(file.subspan(at))) truncated(subject);
            return header;
        }
        at += 2 + size;
    }
    truncated(subject);
}

PictureHeader webp_header(Bytes file, const std::string& subject) {
    Cursor in(file, Cursor::Order::little);
    const std::size_t end = 8 + std::size_t{in.u32(4)};
    if (end > file.size()) truncated(subject);
    file = file.first(end);
    PictureHeader header{PictureFormat::webp, 0, 0, 1};
    bool has_picture = false;
    for (std::size_t at = 12; end - at >= 8;) {
        const std::size_t size = in.u32(at + 4), body = at + 8;
        if (size > end - body) truncated(subject);
        if (has_text(file, at, "VP8X")) {
            if (in.u8(body) & 0x02) throw Error(ErrorCode::unsupported, subject, "is an animated WebP", "Export one of its pictures.");
            header.width = 1 + static_cast<int>(in.number(body + 4, 3));
            header.height = 1 + static_cast<int>(in.number(body + 7, 3));
        } else if (has_text(file, at, "VP8 ")) {
            has_picture = true;
            header.width = static_cast<int>(in.u16(body + 6) & 0x3fff);
            header.height = static_cast<int>(in.u16(body + 8) & 0x3fff);
        } else if (has_text(file, at, "VP8L")) {
            has_picture = true;
            const std::uint32_t bits = in.u32(body + 1);
            header.width = 1 + static_cast<int>(bits & 0x3fff);
            header.height = 1 + static_cast<int>(bits >> 14 & 0x3fff);
        } else if (has_text(file, at, "EXIF")) {
            Bytes exif = file.subspan(body, size);
            if (has_text(exif, 0, std::string_view("Exif\0\0", 6))) exif = exif.subspan(6);
            header.orientation = exif_orientation(exif);
        }
        if (in.overrun()) truncated(subject);
        at = std::min(end, body + size + size % 2);
    }
    if (!has_picture) damaged(subject, "a WebP without a picture in it");
    return header;
}

/// What a file that is none of ours most likely is, to say so.
std::string guessed_kind(Bytes file) {
    if (has_text(file, 0, "GIF8")) return "a GIF";
    if (has_text(file, 0, "BM")) return "a BMP";
    if (has_text(file, 0, std::string_view("II*\0", 4)) || has_text(file, 0, std::string_view("MM\0*", 4))) return "a TIFF or raw photo";
    if (has_text(file, 4, "ftypheic") || has_text(file, 4, "ftypheix") || has_text(file, 4, "ftypmif1")) return "a HEIC photo";
    if (has_text(file, 4, "ftypavif")) return "an AVIF";
    if (has_text(file, 0, "8BPS")) return "a Photoshop file";
    if (has_text(file, 0, "%PDF")) return "a PDF";
    if (has_text(file, 0, "<svg") || has_text(file, 0, "<?xml")) return "an SVG or XML file";
    if (has_text(file, 4, "ftyp")) return "a video";
    return "not a picture this program knows";
}

}  // namespace

std::string_view name_of(PictureFormat format) noexcept {
    switch (format) {
        case PictureFormat::png: return "PNG";
        case PictureFormat::jpeg: return "JPEG";
        case PictureFormat::webp: return "WebP";
    }
    return "";
}

PictureHeader read_picture_header(Bytes file, const std::string& subject) {
    PictureHeader header;
    if (file.empty()) throw Error(ErrorCode::unreadable, subject, "is empty (0 bytes)", kSaveAgain);
    if (has_text(file, 0, "\x89PNG\r\n\x1a\n")) header = png_header(file, subject);
    else if (has_text(file, 0, "\xff\xd8\xff")) header = jpeg_header(file, subject);
    else if (has_text(file, 0, "RIFF") && has_text(file, 8, "WEBP")) header = webp_header(file, subject);
    else throw Error(ErrorCode::unreadable, subject, "is " + guessed_kind(file), kSupported);

    if (header.width <= 0 || header.height <= 0) damaged(subject, "its size is " + std::to_string(header.width) + " x " + std::to_string(header.height));
    if (static_cast<long long>(header.width) * header.height > kMaxPicturePixels)
        throw Error(ErrorCode::too_large, subject,
                    "is " + std::to_string(header.width) + " x " + std::to_string(header.height) + " pixels, at most 64 million pixels are read",
                    "Scale it down first.");
    return header;
}

int exif_orientation(Bytes tiff) noexcept {
    constexpr std::uint32_t kOrientationTag = 0x0112, kShort = 3;
    if (!has_text(tiff, 0, "II") && !has_text(tiff, 0, "MM")) return 1;
    Cursor in(tiff, has_text(tiff, 0, "MM") ? Cursor::Order::big : Cursor::Order::little);
    const std::size_t directory = in.u32(4);
    const std::size_t count = in.u16(directory);
    for (std::size_t i = 0; i < count && !in.overrun(); ++i) {
        const std::size_t entry = directory + 2 + 12 * i;
        if (in.u16(entry) != kOrientationTag) continue;
        const std::uint32_t value = in.u16(entry + 8);
        const bool usable = !in.overrun() && in.u16(entry + 2) == kShort && value >= 1 && value <= 8;
        return usable ? static_cast<int>(value) : 1;
    }
    return 1;
}

}  // namespace mirrorme
