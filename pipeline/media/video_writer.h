#pragma once
// Frames and sound into a file: H.264 in MP4, VP9 in WebM, ProRes 4444 in MOV, or a sequence of PNGs.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include "core/time.h"
#include "media/audio_reader.h"

namespace mirrorme {

enum class VideoFormat {
    mp4,   // H.264 + AAC: plays everywhere, no transparency
    webm,  // VP9 with alpha + Opus: browsers and OBS media sources
    mov,   // ProRes 4444 with alpha + PCM: editing
    png,   // one RGBA picture a frame, no sound
};
std::string_view name_of(VideoFormat format) noexcept;
bool keeps_alpha(VideoFormat format) noexcept;

/// The format called `name`, or where that is empty the one the ending of `out` stands for; a folder stands for png.
/// Throws Error usage that lists what can be written.
VideoFormat video_format_for(const std::filesystem::path& out, std::string_view name = {});

/// What becomes of transparent pixels where the format could keep them.
enum class AlphaMode { keep, flatten };

struct VideoWriterOptions {
    VideoFormat format = VideoFormat::mp4;
    int width = 0, height = 0;  // pixels; formats that need even sizes repeat the last row or column
    Rational fps{24, 1};
    int audio_rate = 0;         // Hz of write_audio; 0 = a silent file
    int audio_channels = 1;     // 1 or 2
    AlphaMode alpha = AlphaMode::keep;
    std::uint32_t backdrop_rgb = 0xe8eaed;  // 0xrrggbb behind transparent pixels, when flattened or where the format keeps no alpha
    int threads = 1;
};

/// Nothing stands under the final name before finish(): the file is written beside it, synced and renamed. Destroyed without
/// finish(), it leaves nothing (of a PNG sequence: the pictures already written). The same calls give the same bytes.
/// One thread at a time. Every function throws Error naming the file: no_space, not_found, unreadable, unsupported, usage.
class VideoWriter {
public:
    virtual ~VideoWriter() = default;

    /// Frame i (counted from 0) is shown from i / fps on. BGRA, sRGB, straight alpha: [height * width * 4].
    virtual void write_frame(std::span<const std::uint8_t> bgra) = 0;
    /// Sound in order from time 0, with the channels of the options. Keep it within a few seconds of the frames:
    /// what runs ahead is held in memory.
    virtual void write_audio(const AudioBlock& block) = 0;
    /// Completes the file. A file of fewer frames than planned is complete too: that is how a stopped job keeps its work.
    virtual void finish() = 0;
};

/// `bgra` over the backdrop, opaque, in place.
void flatten_bgra(std::span<std::uint8_t> bgra, std::uint32_t backdrop_rgb) noexcept;

/// `out`: a file; for png a folder (made if needed) or a name with one counter such as "x_%05d.png".
std::unique_ptr<VideoWriter> open_video_writer(const std::filesystem::path& out, const VideoWriterOptions& options);

}  // namespace mirrorme
