#include "ui/panel/thumbnail_renderer.h"

#include <graphics/graphics.h>
#include <graphics/vec4.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace mirrorme::ui {
namespace {

constexpr float kPeriodSeconds = 0.2f;
constexpr int kTicksForGpu = 2;

/// obs_enter_graphics as a scope.
class GraphicsScope {
public:
    GraphicsScope() { obs_enter_graphics(); }
    ~GraphicsScope() { obs_leave_graphics(); }
    GraphicsScope(const GraphicsScope&) = delete;
    GraphicsScope& operator=(const GraphicsScope&) = delete;
};

}  // namespace

void ThumbnailRenderer::start() {
    if (running_) return;
    running_ = true;
    obs_add_tick_callback(on_tick, this);
}

void ThumbnailRenderer::stop() {
    if (!running_) return;
    running_ = false;
    obs_remove_tick_callback(on_tick, this);  // waits for the one that runs
    const GraphicsScope graphics;
    gs_stagesurface_destroy(std::exchange(stage_, nullptr));
    gs_texrender_destroy(std::exchange(render_, nullptr));
    width_ = height_ = 0;
    ticks_since_stage_ = -1;
}

void ThumbnailRenderer::set_source(WeakSourceRef source) {
    const std::lock_guard lock(mutex_);
    source_.swap(source);  // the old one is let go of after the lock
    fresh_ = false;
}

void ThumbnailRenderer::set_target(int width, int height, QRgb background) {
    const std::lock_guard lock(mutex_);
    target_width_ = std::max(1, width);
    target_height_ = std::max(1, height);
    background_ = background;
}

bool ThumbnailRenderer::take(QImage& image) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(fresh_, false)) return false;
    image = ready_.copy();  // ready_ keeps its memory for the next one
    return true;
}

void ThumbnailRenderer::on_tick(void* renderer, float seconds) { static_cast<ThumbnailRenderer*>(renderer)->tick(seconds); }

void ThumbnailRenderer::tick(float seconds) {
    since_draw_ += seconds;
    if (ticks_since_stage_ >= 0) {
        if (++ticks_since_stage_ >= kTicksForGpu) fetch();
        return;
    }
    if (since_draw_ < kPeriodSeconds) return;
    SourceRef source;
    {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock || !source_) return;
        source.reset(obs_weak_source_get_source(source_.get()));
    }
    if (!source) return;
    since_draw_ = 0;
    draw(source.get());
}

void ThumbnailRenderer::draw(obs_source_t* source) {
    const auto source_width = static_cast<float>(obs_source_get_width(source)), source_height = static_cast<float>(obs_source_get_height(source));
    if (source_width < 1 || source_height < 1) return;
    int target_width = 0, target_height = 0;
    QRgb background = 0;
    {
        const std::unique_lock lock(mutex_, std::try_to_lock);
        if (!lock) return;
        target_width = target_width_;
        target_height = target_height_;
        background = background_;
    }
    const float scale = std::min(static_cast<float>(target_width) / source_width, static_cast<float>(target_height) / source_height);
    const int width = std::max(1, static_cast<int>(source_width * scale)), height = std::max(1, static_cast<int>(source_height * scale));

    const GraphicsScope graphics;
    if (!render_) render_ = gs_texrender_create(GS_BGRA, GS_ZS_NONE);
    if (!stage_ || width != width_ || height != height_) {
        gs_stagesurface_destroy(stage_);
        stage_ = gs_stagesurface_create(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), GS_BGRA);
        width_ = width;
        height_ = height;
    }
    if (!render_ || !stage_) return;
    gs_texrender_reset(render_);
    if (!gs_texrender_begin(render_, static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height))) return;
    vec4 clear;
    vec4_set(&clear, static_cast<float>(qRed(background)) / 255, static_cast<float>(qGreen(background)) / 255, static_cast<float>(qBlue(background)) / 255, 1);
    gs_clear(GS_CLEAR_COLOR, &clear, 0, 0);
    gs_ortho(0, source_width, 0, source_height, -100, 100);
    gs_blend_state_push();
    gs_reset_blend_state();
    const bool linear = gs_set_linear_srgb(false);
    obs_source_video_render(source);
    gs_set_linear_srgb(linear);
    gs_blend_state_pop();
    gs_texrender_end(render_);
    gs_stage_texture(stage_, gs_texrender_get_texture(render_));
    ticks_since_stage_ = 0;
}

void ThumbnailRenderer::fetch() {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return;  // next tick
    ticks_since_stage_ = -1;
    if (ready_.width() != width_ || ready_.height() != height_) ready_ = QImage(width_, height_, QImage::Format_RGB32);
    const GraphicsScope graphics;
    std::uint8_t* pixels = nullptr;
    std::uint32_t stride = 0;
    if (!gs_stagesurface_map(stage_, &pixels, &stride)) return;
    for (int y = 0; y < height_; ++y)
        std::memcpy(ready_.scanLine(y), pixels + static_cast<std::size_t>(y) * stride, static_cast<std::size_t>(width_) * 4);
    gs_stagesurface_unmap(stage_);
    fresh_ = true;
}

}  // namespace mirrorme::ui
