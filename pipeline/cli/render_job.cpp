#include "cli/render_job.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "cli/held_sound.h"
#include "cli/sound_pump.h"
#include "core/error.h"

namespace mirrorme::cli {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kPatience = 20ms;      // a wait for a frame; new sound and Ctrl-C are looked at in between
constexpr int kBlocksPerSecond = 20;  // of sound handed over

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

bool has_transparency(const FramePixels& bgra) {
    for (std::size_t i = 3; i < bgra.size(); i += 4)
        if (bgra[i] < 255) return true;
    return false;
}

SessionConfig session_config(const RenderPlan& plan, int sample_rate) {
    SessionConfig config;
    config.mode = SessionMode::offline;
    config.sample_rate = {sample_rate, 1};
    config.settings = plan.settings;
    config.picture.path = plan.settings.image;
    for (const GestureCue& cue : plan.gestures) {
        const auto same = [&](const KeyPointTrack& track) { return track.preset->name == cue.name; };
        if (std::none_of(config.gestures.begin(), config.gestures.end(), same)) config.gestures.push_back(cue.track);
    }
    config.gestures.insert(config.gestures.end(), plan.tracks.begin(), plan.tracks.end());
    return config;
}

VideoWriterOptions writer_options(const RenderPlan& plan, const SessionInfo& info, const AudioFacts& audio) {
    VideoWriterOptions options;
    options.format = plan.format;
    options.width = info.width;
    options.height = info.height;
    options.fps = info.fps;
    options.audio_rate = audio.sample_rate;
    options.audio_channels = audio.channels;
    options.threads = plan.encoder_threads;
    if (plan.settings.background.mode == BackgroundChoice::Mode::colour) {
        options.alpha = AlphaMode::flatten;
        options.backdrop_rgb = plan.settings.background.rgb;
    }
    return options;
}

class RenderJob {
public:
    RenderJob(Engine& engine, AudioReader& audio, const RenderPlan& plan)
        : audio_(audio), plan_(plan), session_(engine.open_session(session_config(plan, audio.facts().sample_rate))),
          media_clock_{session_->info().sample_rate, session_->info().fps},
          writer_(open_video_writer(plan.out, writer_options(plan, session_->info(), audio.facts()))), held_(audio.facts().channels),
          pump_(audio, static_cast<std::size_t>(audio.facts().sample_rate / kBlocksPerSecond)) {
        const auto seconds = audio.facts().duration_s;
        if (seconds) expected_ = media_clock_.frames_covering(std::llround(*seconds * audio.facts().sample_rate));
        result_.warnings = session_->info().warnings;
        for (const GestureCue& cue : plan.gestures) send({CommandKind::gesture, cue.name, std::llround(cue.at_s * audio.facts().sample_rate), std::nullopt});
        for (const Command& command : plan.commands) send(command);
        for (const RecordedTake::Change& change : plan.changes) session_->update_settings(std::make_shared<const Settings>(change.settings), change.at);
    }

    RenderResult run(const ProgressListener& listener) {
        while (!stopped()) {
            const bool fed = feed();
            VideoFrame frame;
            switch (session_->poll_frame(frame, fed ? 0ns : std::chrono::nanoseconds(kPatience))) {
                case PollResult::frame: write(frame, listener); break;
                case PollResult::empty: break;
                case PollResult::finished: return complete();
                case PollResult::failed: fail();
            }
        }
        result_.stopped = true;
        return complete();
    }

private:
    bool stopped() const { return plan_.stop && plan_.stop->load(); }

    void send(const Command& command) {
        const ErrorCode refused = session_->command(command);
        if (refused == ErrorCode::too_large)
            throw Error(refused, "gestures", "there are more than one video can hold", "Leave some out.");
        if (refused != ErrorCode::none)
            throw Error(refused, "gesture '" + command.gesture + "'", "the model cannot play it", "Leave it out or choose another bundle.");
    }

    /// Hands over as much sound as there is and as the session takes; true when more may go over at once.
    bool feed() {
        if (pushed_ == pending_.size() && !next_block()) return false;
        const PushResult result = session_->push_audio(next_sample_, std::span(pending_).subspan(pushed_));
        next_sample_ += result.accepted;
        pushed_ += static_cast<std::size_t>(result.accepted);
        return result.refused == 0;
    }

    /// The next block into pending_; false when there is none yet, or none any more.
    bool next_block() {
        AudioBlock block;
        if (sound_ended_) return false;
        switch (taken(block)) {
            case SoundPump::Take::not_yet: return false;
            case SoundPump::Take::ended:
                sound_ended_ = true;
                session_->end_of_audio();
                return false;
            case SoundPump::Take::block: break;
        }
        held_.put(block);
        pending_ = mono_of(block);
        pushed_ = 0;
        return true;
    }

    /// The reader may see the user's wish to stop before this thread does.
    SoundPump::Take taken(AudioBlock& block) {
        try {
            return pump_.take(block);
        } catch (const Error& error) {
            if (error.code() != ErrorCode::cancelled) throw;
            return SoundPump::Take::not_yet;
        }
    }

    void write(const VideoFrame& frame, const ProgressListener& listener) {
        if (!well_formed(frame) || frame.width != session_->info().width || frame.height != session_->info().height)
            throw Error(ErrorCode::internal, "engine", "gave a frame of another size");
        if (result_.frames == 0) {
            result_.first_frame_s = seconds_since(start_);
            const bool flattened = plan_.settings.background.mode == BackgroundChoice::Mode::colour;
            result_.cut_out_on_backdrop = !flattened && !keeps_alpha(plan_.format) && has_transparency(*frame.pixels);
        }
        writer_->write_frame(*frame.pixels);
        ++result_.frames;
        writer_->write_audio(held_.take_until(media_clock_.first_sample(frame.index + 1)));
        if (listener) listener({result_.frames, expected_, seconds_since(start_) / media_seconds()});
    }

    double media_seconds() const { return static_cast<double>(result_.frames) / session_->info().fps.value(); }

    RenderResult complete() {
        if (result_.frames > 0) writer_->finish();
        result_.media_s = media_seconds();
        result_.work_s = seconds_since(start_);
        result_.status = session_->status();
        return std::move(result_);
    }

    [[noreturn]] void fail() {
        const StatusSnapshot status = session_->status();
        const ErrorCode code = status.last_error_code == ErrorCode::none ? ErrorCode::internal : status.last_error_code;
        throw Error(code, "engine", status.last_error.empty() ? "stopped without saying why" : status.last_error);
    }

    AudioReader& audio_;
    const RenderPlan& plan_;
    Clock::time_point start_ = Clock::now();
    std::unique_ptr<Session> session_;
    MediaClock media_clock_;
    std::unique_ptr<VideoWriter> writer_;
    HeldSound held_;
    std::vector<float> pending_;     // mono, the block being handed over
    std::size_t pushed_ = 0;         // of it
    SampleIndex next_sample_ = 0;
    bool sound_ended_ = false;
    FrameIndex expected_ = 0;
    RenderResult result_;
    SoundPump pump_;  // last: its thread ends before anything it feeds
};

}  // namespace

RenderResult render(Engine& engine, AudioReader& audio, const RenderPlan& plan, const ProgressListener& listener) {
    return RenderJob(engine, audio, plan).run(listener);
}

}  // namespace mirrorme::cli
