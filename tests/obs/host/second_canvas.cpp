#include "obs/host/second_canvas.h"

#include <stdexcept>

#include "engine/test_card/card_picture.h"
#include "obs/host/obs_host.h"

namespace mirrorme::testing {
namespace {

constexpr const char* kOutputId = "mirrorme_test_canvas_output";
constexpr const char* kOwnerKey = "owner";

/// The canvas's output, and what its frames go to.
struct CanvasOutput {
    obs_output_t* output;
    SecondCanvas* owner;
};

}  // namespace

SecondCanvas::SecondCanvas(obs_source_t* source, int width, int height, CardView view) : width_(width), height_(height), card_(view), view_(obs_view_create()) {
    register_output();
    obs_view_set_source(view_, 0, source);
    obs_video_info info;
    obs_get_video_info(&info);
    info.base_width = info.output_width = static_cast<std::uint32_t>(width);
    info.base_height = info.output_height = static_cast<std::uint32_t>(height);
    video_t* video = obs_view_add2(view_, &info);
    const DataPtr settings(obs_data_create());
    obs_data_set_int(settings.get(), kOwnerKey, reinterpret_cast<long long>(this));
    output_.reset(obs_output_create(kOutputId, "Second canvas", settings.get(), nullptr));
    obs_output_set_media(output_.get(), video, obs_get_audio());
    if (!video || !obs_output_start(output_.get())) throw std::runtime_error("a second canvas cannot be made");
}

SecondCanvas::~SecondCanvas() {
    obs_output_force_stop(output_.get());
    output_.reset();
    obs_view_set_source(view_, 0, nullptr);
    obs_view_remove(view_);
    obs_view_destroy(view_);
}

void SecondCanvas::take(const video_data& frame) {
    const auto time = read_card_time(cut(copy_of(frame, width_, height_), card_));
    const std::lock_guard lock(mutex_);
    cards_[frame.timestamp] = time;
}

std::map<std::uint64_t, std::optional<SampleIndex>> SecondCanvas::cards() const {
    const std::lock_guard lock(mutex_);
    return cards_;
}

void SecondCanvas::register_output() {
    obs_output_info info{};
    info.id = kOutputId;
    info.flags = OBS_OUTPUT_VIDEO;
    info.get_name = [](void*) { return "Test canvas"; };
    info.create = [](obs_data_t* settings, obs_output_t* output) -> void* {
        return new CanvasOutput{output, reinterpret_cast<SecondCanvas*>(obs_data_get_int(settings, kOwnerKey))};
    };
    info.destroy = [](void* data) { delete static_cast<CanvasOutput*>(data); };
    info.start = [](void* data) { return obs_output_begin_data_capture(static_cast<CanvasOutput*>(data)->output, 0); };
    info.stop = [](void* data, std::uint64_t) { obs_output_end_data_capture(static_cast<CanvasOutput*>(data)->output); };
    info.raw_video = [](void* data, video_data* frame) { static_cast<CanvasOutput*>(data)->owner->take(*frame); };
    obs_register_output(&info);
}

}  // namespace mirrorme::testing
