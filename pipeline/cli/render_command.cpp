#include <cstdio>
#include <filesystem>
#include <string>

#include "cli/clip_options.h"
#include "cli/engine_choice.h"
#include "cli/render_job.h"
#include "cli/settings_options.h"
#include "cli/subcommand.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/platform/terminal.h"
#include "core/progress.h"
#include "media/picture.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExamples =
    "Examples:\n"
    "  mirrorme render --image me.png --audio talk.wav --out talk.mp4\n"
    "  mirrorme render --image me.png --audio talk.mp3 --out talk.webm --background matte\n"
    "  mirrorme render --image me.jpg --audio talk.wav --out talk.mp4 --gesture wave@1 --gesture point@8.5\n"
    "  mirrorme render --events takes/2026-01-31_20-15-00/events.jsonl --out again.mp4\n"
    "  arecord -f cd | mirrorme render --image me.png --audio - --out talk.mp4      (Ctrl-C ends it and keeps the video)";

class RenderCommand final : public Subcommand {
public:
    explicit RenderCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("render", "Make a video in which a picture says a recording.")) {
        app_->footer(kExamples);
        CLI::Option* audio = app_->add_option("--audio", audio_, "The voice: any file FFmpeg reads, at any rate; - reads standard input.")->type_name("PATH");
        app_->add_option("--out", out_, "The video: .mp4 (H.264), .webm (VP9 with alpha), .mov (ProRes 4444 with alpha), x_%05d.png or a folder (PNGs). An existing file is replaced.")
            ->type_name("PATH")
            ->required();
        app_->add_option("--format", format_, "mp4, webm, mov or png, when the name does not say it.")->type_name("NAME");
        app_->add_option("--gesture", gestures_, "Play a gesture at a time, as in wave@2.5. May be given several times.")->type_name("NAME@SECONDS");
        app_->add_option("--events", events_, "Make a take again that the OBS source recorded: its events.jsonl. Sound, picture and settings come from there; options given here win.")
            ->type_name("PATH")
            ->excludes(audio);
        settings_.emplace(*app_);
        clips_.emplace(*app_);
        engine_.declare(*app_);
        app_->add_option("--threads", encoder_threads_, "Threads of the video encoder. The model runs on one of its own beside them.")
            ->check(CLI::Range(1, 64))
            ->capture_default_str()
            ->type_name("N");
        app_->add_flag("-q,--quiet", quiet_, "Say nothing but errors.");
    }

    int run() override {
        engine_.clips = clips_->options();
        if (engine_.clips && engine_.backend != "local") throw Error(ErrorCode::usage, "--mode clip", "needs a model", "Leave --backend out.");
        if (quiet_) set_log_level(LogLevel::error);
        const platform::InterruptGuard interrupts;
        if (!events_.empty()) take_ = read_take(events_);
        else if (audio_.empty() || settings_->settings().image.empty())
            throw Error(ErrorCode::usage, "render", "a picture and a voice are needed", "Give --image PICTURE --audio SPEECH, or --events of a recorded take.");
        if (take_) audio_ = take_->sound.string();
        RenderPlan plan = checked_plan();
        AudioReader audio(MediaSource{audio_, plan.stop});
        if (take_ && audio.facts().sample_rate != take_->sample_rate.num)
            throw Error(ErrorCode::mismatch, audio_, "has another rate than the take's events", "Give the two files as they were recorded.");
        const std::unique_ptr<Engine> engine = open_engine(engine_, plan.settings);
        const RenderResult result = make(*engine, audio, plan);
        report(result, audio, plan);
        return exit_code(result.stopped ? ErrorCode::cancelled : ErrorCode::none);
    }

private:
    /// Everything that can be wrong with the request and is cheap to find out comes before the model is loaded.
    RenderPlan checked_plan() const {
        RenderPlan plan;
        plan.settings = take_ ? settings_->settings_over(take_->settings) : settings_->settings();
        if (take_) {
            plan.commands = take_->commands;
            plan.tracks = take_->tracks;
            for (const RecordedTake::Change& change : take_->changes) plan.changes.push_back({change.at, settings_->settings_over(change.settings)});
        }
        plan.out = out_;
        plan.format = video_format_for(plan.out, format_);
        plan.encoder_threads = encoder_threads_;
        plan.stop = &platform::InterruptGuard::requested();
        if (plan.settings.background.mode == BackgroundChoice::Mode::matte && !keeps_alpha(plan.format))
            throw Error(ErrorCode::usage, "--background matte", "an mp4 cannot be transparent", "Use --out with .webm or .mov, or give a colour such as --background '#00b140'.");
        for (const std::string& input : {plan.settings.image, audio_}) {
            std::error_code ignored;
            if (fs::equivalent(plan.out, input, ignored)) throw Error(ErrorCode::usage, "--out " + out_, "is one of the inputs", "Name another file.");
        }
        if (plan.format != VideoFormat::png) require_writable(plan.out);
        const MappedFile picture(plan.settings.image);
        read_picture_header(picture.bytes(), plan.settings.image);
        if (audio_ == "-" && platform::stdin_is_terminal())
            throw Error(ErrorCode::usage, "--audio -", "standard input is the keyboard", "Send sound into it: another-program | mirrorme render --audio - ...");
        for (const std::string& text : gestures_) plan.gestures.push_back(parse_gesture_cue(text));
        return plan;
    }

    RenderResult make(Engine& engine, AudioReader& audio, const RenderPlan& plan) const {
        ProgressOptions options{.label = "rendering", .unit = "frames"};
        if (quiet_) options.style = ProgressStyle::silent;
        std::optional<Progress> progress;
        char factor[48] = "";
        RenderProgress last;
        const RenderResult result = render(engine, audio, plan, [&](const RenderProgress& now) {
            if (!progress) {
                options.total = static_cast<double>(now.frames_expected);
                progress.emplace(options);
            }
            std::snprintf(factor, sizeof factor, "%.2fx real time", now.real_time_factor);
            progress->update(static_cast<double>(now.frames), factor);
            last = now;
        });
        if (progress) progress->finish(static_cast<double>(last.frames), factor);
        return result;
    }

    void report(const RenderResult& result, const AudioReader& audio, const RenderPlan& plan) const {
        for (const Remark& warning : result.warnings) log_warning(warning.text);
        if (audio.damaged_packets() > 0) log_warning(audio_ + ": " + std::to_string(audio.damaged_packets()) + " damaged pieces of sound were skipped");
        if (result.cut_out_on_backdrop)
            log_info("the picture is cut out and mp4 keeps no transparency: light grey stands behind it. --background '#rrggbb' chooses a colour, .webm and .mov keep it transparent");
        if (result.frames == 0) {
            log_warning(result.stopped ? "stopped before the first frame: nothing was written" : "there was no sound: nothing was written");
            return;
        }
        char text[160];
        std::snprintf(text, sizeof text, ": %lld frames, %.1f s of video in %.1f s (%.2fx real time)", static_cast<long long>(result.frames), result.media_s,
                      result.work_s, result.work_s / result.media_s);
        log_info((result.stopped ? "stopped; the video until then is in " : "") + plan.out.string() + text);
    }

    std::string audio_, events_, out_, format_;
    std::optional<RecordedTake> take_;
    std::vector<std::string> gestures_;
    std::optional<SettingsOptions> settings_;
    std::optional<ClipCommandOptions> clips_;
    EngineOptions engine_;
    int encoder_threads_ = 1;  // the same number gives the same file
    bool quiet_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_render_command(CLI::App& program) { return std::make_unique<RenderCommand>(program); }

}  // namespace mirrorme::cli
