#include "train/preview_files.h"

#include <vector>

#include "media/picture.h"
#include "media/video_writer.h"

namespace mirrorme {
namespace {

constexpr int kPreviewRate = 16000;  // Hz of a preview's sound
constexpr int kPreviewFps = 24;

std::vector<std::uint8_t> to_bgra(const RgbaImage& image) {
    std::vector<std::uint8_t> bgra(image.pixels);
    for (std::size_t i = 0; i + 3 < bgra.size(); i += 4) std::swap(bgra[i], bgra[i + 2]);
    return bgra;
}

}  // namespace

void write_preview_file(const std::filesystem::path& folder, const Preview& preview) {
    if (preview.frames.empty()) return;
    if (preview.frames.size() == 1) return write_png(folder / (preview.name + ".png"), preview.frames.front());
    VideoWriterOptions options;
    options.width = preview.frames.front().width;
    options.height = preview.frames.front().height;
    options.fps = {kPreviewFps, 1};
    options.audio_rate = preview.audio.empty() ? 0 : kPreviewRate;
    const auto writer = open_video_writer(folder / (preview.name + ".mp4"), options);
    std::size_t heard = 0;
    for (std::size_t i = 0; i < preview.frames.size(); ++i) {
        writer->write_frame(to_bgra(preview.frames[i]));
        const std::size_t end = std::min(preview.audio.size(), (i + 1) * kPreviewRate / kPreviewFps);
        if (end <= heard) continue;
        AudioBlock block;
        block.samples.assign(preview.audio.begin() + static_cast<std::ptrdiff_t>(heard), preview.audio.begin() + static_cast<std::ptrdiff_t>(end));
        writer->write_audio(block);
        heard = end;
    }
    writer->finish();
}

}  // namespace mirrorme
