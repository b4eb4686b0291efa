#pragma once
// A picture, a voice and the words of a render command. The test card stands for the model: it shows what reaches the file.

#include <string>
#include <vector>

#include "media/picture.h"
#include "media/video_reader.h"
#include "../media/media_support.h"
#include "process.h"

namespace mirrorme::testing {

struct RenderSetup {
    TempFolder folder;

    RenderSetup() {
        RgbaImage image(64, 96);
        for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = i % 4 == 3 ? 255 : static_cast<std::uint8_t>(i * 7);
        write_png(folder / "me.png", image);
        put(folder / "talk.wav", wav({tone(200, 16000, 2.0)}, 16000));
    }

    std::string file(const std::string& name) const { return (folder / name).string(); }

    std::vector<std::string> command(const std::string& out, const std::vector<std::string>& more = {}) const {
        std::vector<std::string> words = {"render", "--backend", "test-card", "--image", file("me.png"), "--audio", file("talk.wav"), "--out", file(out)};
        words.insert(words.end(), more.begin(), more.end());
        return words;
    }
};

inline std::vector<TimedPicture> frames_of(const std::string& path) {
    VideoReader reader(MediaSource{path});
    std::vector<TimedPicture> pictures;
    for (TimedPicture picture; reader.read(picture);) pictures.push_back(picture);
    return pictures;
}

}  // namespace mirrorme::testing
