#pragma once
// From sound to a finished video: pushes sound into a session, pulls frames out of it, writes both.

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "cli/gesture_cues.h"
#include "cli/recorded_take.h"
#include "engine/api/engine_api.h"
#include "media/audio_reader.h"
#include "media/video_writer.h"

namespace mirrorme::cli {

struct RenderPlan {
    Settings settings;
    std::filesystem::path out;
    VideoFormat format = VideoFormat::mp4;
    std::vector<GestureCue> gestures;
    std::vector<Command> commands;                 // of a recorded take, on the sound's samples
    std::vector<KeyPointTrack> tracks;             // gestures they name
    std::vector<RecordedTake::Change> changes;
    int encoder_threads = 1;
    const std::atomic<bool>* stop = nullptr;  // turns true when the user wants it to end; may be null
};

/// Called after every frame.
struct RenderProgress {
    std::int64_t frames = 0, frames_expected = 0;  // 0 = not known
    double real_time_factor = 0;                   // seconds of work a second of video
};
using ProgressListener = std::function<void(const RenderProgress&)>;

struct RenderResult {
    bool stopped = false;          // by the user; what was made until then is complete and in place
    std::int64_t frames = 0;       // 0: nothing was written
    double media_s = 0, work_s = 0, first_frame_s = 0;  // first_frame_s: from the opening of the session
    bool cut_out_on_backdrop = false;  // transparent pixels met a format that keeps no alpha
    std::vector<Remark> warnings;
    StatusSnapshot status;         // of the session, at its end
};

/// Offline: nothing is dropped, nothing depends on the machine's speed. Throws Error; then nothing stands under plan.out.
RenderResult render(Engine& engine, AudioReader& audio, const RenderPlan& plan, const ProgressListener& listener);

}  // namespace mirrorme::cli
