#pragma once
// Pictures out of a video file, one after the other.

#include <memory>
#include <optional>
#include <string>

#include "core/image.h"
#include "core/time.h"
#include "media/media_source.h"

namespace mirrorme {

struct VideoFacts {
    int width = 0, height = 0;       // upright
    Rational fps;                    // average; {0, 1} when the file does not say
    std::optional<double> duration_s;
    std::string codec, container, pixel_format;
    bool has_alpha = false;
};

/// A decoded picture and when it is shown.
struct TimedPicture {
    RgbaImage image;      // upright, straight alpha
    double time_s = 0;    // from the start of the stream
};

/// One thread at a time.
class VideoReader {
public:
    /// Throws Error naming the file: not_found, unreadable (empty, damaged, no video), unsupported, too_large, cancelled.
    explicit VideoReader(const MediaSource& source);
    ~VideoReader();
    VideoReader(VideoReader&&) noexcept;

    const VideoFacts& facts() const noexcept { return facts_; }

    /// Replaces `picture` with the next one; false at the end. Throws Error unreadable when not one could be decoded.
    bool read(TimedPicture& picture);

private:
    struct Decoder;
    std::unique_ptr<Decoder> decoder_;
    VideoFacts facts_;
};

}  // namespace mirrorme
