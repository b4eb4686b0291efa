#pragma once
// What the FFmpeg on this machine can do for us.

#include <string>
#include <vector>

#include "media/video_writer.h"

namespace mirrorme {

struct MediaCapability {
    std::string purpose;  // "write mp4", "read WebP pictures"
    std::string codec;    // FFmpeg's name
    bool present = false;
};

/// Every codec this program asks for by name.
std::vector<MediaCapability> media_capabilities();

/// "libavcodec 59.37.100, libavformat 59.27.100".
std::string media_library_versions();

}  // namespace mirrorme
