#pragma once
// Note [Thumbnail]
// A small picture of a source, five times a second: drawn into a texture on the graphics thread, fetched two ticks later when the
// GPU has long finished it, and picked up by the panel. It is the way OBS itself takes screenshots. Against an obs_display it has
// no native window to be torn through scroll areas, floating docks and screens of another scale, and it works on Wayland, where a
// plugin cannot make a native child window without Qt's private headers.
// The graphics thread never waits: a picture that nobody has picked up yet is simply not replaced. The source is not "shown" by
// this, so an avatar that pauses when hidden still does.

#include <QImage>

#include <obs.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "ui/panel/obs_handles.h"

namespace mirrorme::ui {

class ThumbnailRenderer {
public:
    ThumbnailRenderer() = default;
    ~ThumbnailRenderer() { stop(); }
    ThumbnailRenderer(const ThumbnailRenderer&) = delete;
    ThumbnailRenderer& operator=(const ThumbnailRenderer&) = delete;

    // Qt thread.
    void start();
    void stop();  // when it returns, the graphics thread is out of here and nothing is left on the GPU
    bool running() const noexcept { return running_; }
    void set_source(WeakSourceRef source);
    /// Largest picture wanted, in device pixels, and what shows where the source is transparent.
    void set_target(int width, int height, QRgb background);
    /// The newest picture if there is one since the last call.
    bool take(QImage& image);

private:
    static void on_tick(void* renderer, float seconds);
    void tick(float seconds);
    void draw(obs_source_t* source);
    void fetch();

    bool running_ = false;  // Qt thread

    std::mutex mutex_;  // the graphics thread only tries it
    WeakSourceRef source_;
    int target_width_ = 256, target_height_ = 384;
    QRgb background_ = 0;
    QImage ready_;
    bool fresh_ = false;

    // graphics thread
    float since_draw_ = 0;
    int ticks_since_stage_ = -1;  // -1: nothing staged
    gs_texrender_t* render_ = nullptr;
    gs_stagesurf_t* stage_ = nullptr;
    int width_ = 0, height_ = 0;  // of stage_
};

}  // namespace mirrorme::ui
