#pragma once
// What viewers would see and hear: composed frames and the mix of track 1, with OBS's time stamps, read as they come.

#include <obs.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/video_frame.h"

namespace mirrorme::testing {

/// A rectangle of the canvas that shows a whole test card.
struct CardView {
    int x = 0, y = 0, width = 0, height = 0;
};

/// One composed frame. Times are OBS's clock (os_gettime_ns).
struct SeenFrame {
    std::uint64_t ns = 0;
    std::vector<std::optional<SampleIndex>> card;  // media time in the bar code of each view; none = it shows no card
    std::vector<float> mouth;                      // 0 .. 1 of each view, whether or not there is a bar code
};

/// The mix, gapless: sample i was due at start_ns + i / rate.
struct HeardSound {
    std::uint64_t start_ns = 0;
    int gaps = 0;  // blocks that did not follow the one before
    std::vector<float> left;
};

class Recorder {
public:
    explicit Recorder(std::vector<CardView> views);
    ~Recorder();
    Recorder(const Recorder&) = delete;
    Recorder& operator=(const Recorder&) = delete;

    std::vector<SeenFrame> frames() const;
    /// How many those are.
    std::size_t count() const;
    HeardSound sound() const;
    /// The newest composed picture, whole; empty before the first.
    VideoFrame picture() const;
    /// The first `count` pictures after this call, whole.
    std::vector<VideoFrame> pictures(int count);
    /// Forgets what has been seen and heard so far.
    void clear();

private:
    static void on_video(void* self, video_data* frame);
    static void on_audio(void* self, std::size_t mix, audio_data* data);

    const std::vector<CardView> views_;
    int width_ = 0, height_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<SeenFrame> frames_;
    VideoFrame picture_;
    std::uint64_t seen_ = 0;
    HeardSound sound_;
    std::int64_t audio_thread_waited_ = -1;
    std::uint64_t heard_ns_ = 0;
};

/// A composed picture as libobs hands it over, BGRA.
VideoFrame copy_of(const video_data& data, int width, int height);
/// The part of a composed picture that a view shows.
VideoFrame cut(const VideoFrame& picture, const CardView& view);
/// Red, green, blue of one pixel.
struct Rgb {
    int r = 0, g = 0, b = 0;
    bool operator==(const Rgb&) const = default;
};
Rgb pixel(const VideoFrame& picture, int x, int y);
std::ostream& operator<<(std::ostream& out, const Rgb& colour);
/// For people: writes the picture where $MIRRORME_OBS_PICTURES says, if it says anything.
void keep_picture(const VideoFrame& picture, const std::string& name);

}  // namespace mirrorme::testing
