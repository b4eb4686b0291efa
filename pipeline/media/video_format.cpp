#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "core/error.h"
#include "media/video_writer.h"

namespace mirrorme {
namespace {

constexpr std::array kFormats = {VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov, VideoFormat::png};
constexpr const char* kChoices = "Use .mp4, .webm, .mov, or a name such as x_%05d.png.";

}  // namespace

std::string_view name_of(VideoFormat format) noexcept {
    switch (format) {
        case VideoFormat::mp4: return "mp4";
        case VideoFormat::webm: return "webm";
        case VideoFormat::mov: return "mov";
        case VideoFormat::png: return "png";
    }
    return "";
}

bool keeps_alpha(VideoFormat format) noexcept { return format != VideoFormat::mp4; }

void flatten_bgra(std::span<std::uint8_t> bgra, std::uint32_t backdrop_rgb) noexcept {
    const std::uint32_t backdrop[3] = {backdrop_rgb & 255, backdrop_rgb >> 8 & 255, backdrop_rgb >> 16 & 255};
    for (std::size_t i = 0; i + 3 < bgra.size(); i += 4) {
        const std::uint32_t alpha = bgra[i + 3];
        if (alpha == 255) continue;
        for (std::size_t c = 0; c < 3; ++c) bgra[i + c] = static_cast<std::uint8_t>((bgra[i + c] * alpha + backdrop[c] * (255 - alpha) + 127) / 255);
        bgra[i + 3] = 255;
    }
}

VideoFormat video_format_for(const std::filesystem::path& out, std::string_view name) {
    std::string wanted(name);
    std::error_code ignored;
    if (wanted.empty() && (!out.has_filename() || std::filesystem::is_directory(out, ignored))) return VideoFormat::png;
    if (wanted.empty()) wanted = out.extension().string();
    if (wanted.starts_with('.')) wanted.erase(0, 1);
    std::transform(wanted.begin(), wanted.end(), wanted.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (wanted == "m4v") return VideoFormat::mp4;
    const auto found = std::find_if(kFormats.begin(), kFormats.end(), [&](VideoFormat f) { return name_of(f) == wanted; });
    if (found != kFormats.end()) return *found;
    const std::string problem = wanted.empty() ? "its name does not say what kind of video to write" : "'" + wanted + "' is not a kind of video that can be written";
    throw Error(ErrorCode::usage, out.string(), problem, kChoices);
}

}  // namespace mirrorme
