#include "obs/host/recorder.h"

#include <util/platform.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <utility>

#include "engine/test_card/card_picture.h"
#include "obs/host/real_time.h"
#include "obs/host/voice.h"

namespace mirrorme::testing {

Recorder::Recorder(std::vector<CardView> views) : views_(std::move(views)) {
    obs_video_info video;
    obs_get_video_info(&video);
    width_ = static_cast<int>(video.output_width), height_ = static_cast<int>(video.output_height);
    obs_add_raw_video_callback(nullptr, on_video, this);
    obs_add_raw_audio_callback(0, nullptr, on_audio, this);
}

Recorder::~Recorder() {
    obs_remove_raw_audio_callback(0, on_audio, this);
    obs_remove_raw_video_callback(on_video, this);
}

void Recorder::on_video(void* pointer, video_data* data) {
    auto& self = *static_cast<Recorder*>(pointer);
    VideoFrame picture = copy_of(*data, self.width_, self.height_);
    SeenFrame seen;
    seen.ns = data->timestamp;
    for (const CardView& view : self.views_) {
        const VideoFrame card = cut(picture, view);
        seen.card.push_back(read_card_time(card));
        seen.mouth.push_back(read_card_mouth(card));
    }
    const std::lock_guard lock(self.mutex_);
    self.frames_.push_back(std::move(seen));
    self.picture_ = std::move(picture);
    ++self.seen_;
    self.arrived_.notify_all();
}

void Recorder::on_audio(void* pointer, std::size_t, audio_data* data) {
    auto& self = *static_cast<Recorder*>(pointer);
    run_before_others();
    const std::int64_t waited = waited_for_processor_ns();
    if (const std::int64_t before = std::exchange(self.audio_thread_waited_, waited); before >= 0) note_late(waited - before);
    // Whatever it was that kept libobs's audio thread: it makes up for it by ticks in a row, between which no source can send.
    const std::uint64_t now = os_gettime_ns();
    if (const std::uint64_t before = std::exchange(self.heard_ns_, now); before != 0)
        note_late(static_cast<std::int64_t>(now - before) - std::int64_t{data->frames} * 1'000'000'000 / kVoiceRate);
    const auto* left = reinterpret_cast<const float*>(data->data[0]);
    const std::lock_guard lock(self.mutex_);
    HeardSound& sound = self.sound_;
    if (sound.left.empty()) {
        sound.start_ns = data->timestamp;
    } else {
        const auto due = static_cast<std::int64_t>(sound.start_ns) + static_cast<std::int64_t>(sound.left.size()) * 1'000'000'000 / kVoiceRate;
        if (std::abs(due - static_cast<std::int64_t>(data->timestamp)) > 1'000'000) ++sound.gaps;
    }
    sound.left.insert(sound.left.end(), left, left + data->frames);
}

std::vector<SeenFrame> Recorder::frames() const {
    const std::lock_guard lock(mutex_);
    return frames_;
}

std::size_t Recorder::count() const {
    const std::lock_guard lock(mutex_);
    return frames_.size();
}

HeardSound Recorder::sound() const {
    const std::lock_guard lock(mutex_);
    return sound_;
}

VideoFrame Recorder::picture() const {
    const std::lock_guard lock(mutex_);
    return picture_;
}

std::vector<VideoFrame> Recorder::pictures(int count) {
    std::vector<VideoFrame> taken;
    std::unique_lock lock(mutex_);
    for (std::uint64_t last = seen_; count > 0; --count) {
        if (!arrived_.wait_for(lock, std::chrono::seconds(5), [&] { return seen_ > last; })) break;
        last = seen_;
        taken.push_back(picture_);
    }
    return taken;
}

void Recorder::clear() {
    forget_late();
    const std::lock_guard lock(mutex_);
    frames_.clear();
    sound_ = {};
}

VideoFrame copy_of(const video_data& data, int width, int height) {
    auto pixels = std::make_shared<FramePixels>();
    const std::size_t row = static_cast<std::size_t>(width) * 4;
    pixels->reserve(row * static_cast<std::size_t>(height));
    for (int y = 0; y < height; ++y) {
        const std::uint8_t* line = data.data[0] + static_cast<std::size_t>(y) * data.linesize[0];
        pixels->insert(pixels->end(), line, line + row);
    }
    VideoFrame picture;
    picture.pixels = std::move(pixels);
    picture.width = width, picture.height = height;
    return picture;
}

VideoFrame cut(const VideoFrame& picture, const CardView& view) {
    auto pixels = std::make_shared<FramePixels>();
    if (picture.pixels && view.x + view.width <= picture.width && view.y + view.height <= picture.height)
        for (int y = view.y; y < view.y + view.height; ++y) {
            const std::uint8_t* row = picture.pixels->data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(view.x)) * 4;
            pixels->insert(pixels->end(), row, row + static_cast<std::size_t>(view.width) * 4);
        }
    VideoFrame part;
    part.pixels = std::move(pixels);
    part.width = view.width, part.height = view.height;
    return part;
}

Rgb pixel(const VideoFrame& picture, int x, int y) {
    const std::uint8_t* p = picture.pixels->data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) + static_cast<std::size_t>(x)) * 4;
    return {p[2], p[1], p[0]};
}

std::ostream& operator<<(std::ostream& out, const Rgb& colour) { return out << '(' << colour.r << ", " << colour.g << ", " << colour.b << ')'; }

void keep_picture(const VideoFrame& picture, const std::string& name) {
    const char* folder = std::getenv("MIRRORME_OBS_PICTURES");
    if (!folder || !picture.pixels) return;
    std::ofstream file(std::string(folder) + "/" + name + ".ppm", std::ios::binary);
    file << "P6 " << picture.width << ' ' << picture.height << " 255\n";
    for (std::size_t i = 0; i < picture.pixels->size(); i += 4)
        for (const std::size_t channel : {2, 1, 0}) file.put(static_cast<char>((*picture.pixels)[i + channel]));
}

}  // namespace mirrorme::testing
