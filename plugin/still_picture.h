#pragma once
// The reference picture before any engine has seen it.

#include <string>
#include <vector>

#include "core/video_frame.h"

namespace mirrorme {

/// `file` (anything libobs reads), cut to `crop` (x, y, width, height in its pixels; empty = the upper middle) and scaled to width x height. A frame without
/// pixels when the file cannot be read. Takes tens of milliseconds; any thread, no graphics context.
VideoFrame load_still(const std::string& file, const std::vector<double>& crop, int width, int height);

}  // namespace mirrorme
