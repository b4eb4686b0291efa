#include "cli/train_data_command.h"

#include <cmath>
#include <filesystem>
#include <functional>
#include <string>

#include "core/error.h"
#include "core/log.h"
#include "core/progress.h"
#include "core/track_io.h"
#include "train/performance/gesture_track.h"
#include "train/performance/performance_generator.h"
#include "train/performance/performance_library.h"
#include "train/performers/gallery.h"
#ifdef MIRRORME_HAS_MEDIA
#include "cli/engine_choice.h"
#include "codec/motion/picture_reader.h"
#include "train/footage_tracker.h"
#include "train/preview_files.h"
#include "train/training_data.h"
#endif

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

/// A progress display in percent as the callback that long jobs take.
std::function<void(double)> percent(Progress& progress) {
    return [&progress](double done) { progress.update(100 * done); };
}

ProgressOptions percent_options(const std::string& label) {
    ProgressOptions options;
    options.label = label;
    options.unit = "%";
    options.total = 100;
    return options;
}

class TrainDataCommand final : public Subcommand {
public:
    explicit TrainDataCommand(CLI::App& train) : Subcommand(train.add_subcommand("data", "look at the training data, or write it for other machines")) {
        app_->add_option("--data-seed", seed_, "Of characters and speech.")->capture_default_str();
#ifdef MIRRORME_HAS_MEDIA
        app_->add_option("--preview", preview_, "Write a contact sheet of characters and a video of some of them speaking.")->type_name("DIR");
#endif
#ifdef MIRRORME_HAS_MEDIA
        app_->add_option("--footage", footage_, "Track videos of a speaker with the bundle's key-point net, for --footage of the stages.")->type_name("VIDEO");
        app_->add_option("--tracks", tracks_, "Folder for what --footage finds.")->type_name("DIR");
        app_->add_option("--bundle", bundle_, "Bundle whose key-point net tracks (default: the embedded one).")->type_name("DIR");
#endif
        app_->add_option("--shards", shards_, "Write speech for machines without voices: files of at most 15 MiB for --speech.")->type_name("DIR");
        app_->add_option("--minutes", plan_.minutes, "Length of that speech; a minute takes about 1.1 MB.")->check(CLI::Range(0.1, 6000.0))->capture_default_str();
        app_->add_option("--gestures", gestures_, "Write the gesture presets that ship.")->type_name("DIR");
        app_->add_option("--avatars", avatars_, "Write the ready pictures that ship.")->type_name("DIR");
        app_->require_option(1, 0);
    }

    int run() override {
        if (preview_.empty() && shards_.empty() && gestures_.empty() && avatars_.empty() && footage_.empty())
            throw Error(ErrorCode::usage, "train data", "has nothing to do", "Give --preview, --shards, --footage, --gestures or --avatars");
        if (!preview_.empty()) preview();
        if (!shards_.empty()) record();
        if (!footage_.empty()) track();
        if (!gestures_.empty()) write_gestures();
        if (!avatars_.empty()) {
            fs::create_directories(avatars_);
            write_gallery(avatars_);
            log_info("wrote " + std::to_string(kGalleryCount) + " avatars to " + avatars_.string());
        }
        return exit_code(ErrorCode::none);
    }

private:
    void preview() {
#ifdef MIRRORME_HAS_MEDIA
        const PerformanceGenerator generator;
        DataPreviewOptions options;
        options.data_seed = seed_;
        Progress progress(percent_options("drawing"));
        const auto previews = preview_training_data([&](std::uint64_t seed, const PerformanceOptions& wanted) { return generator.make(seed, wanted); }, options, percent(progress));
        progress.finish(100);
        fs::create_directories(preview_);
        for (const Preview& shown : previews) write_preview_file(preview_, shown);
        log_info("wrote characters.png and speaking.mp4 to " + preview_.string());
#endif
    }

    void record() {
        const PerformanceGenerator generator;
        plan_.seed = seed_;
        fs::create_directories(shards_);
        Progress progress(percent_options("speaking"));
        const auto files = record_performances(generator, shards_, plan_, percent(progress));
        progress.finish(100);
        log_info("wrote " + std::to_string(files.size()) + " files to " + shards_.string());
    }

    void track() {
#ifdef MIRRORME_HAS_MEDIA
        if (tracks_.empty()) throw Error(ErrorCode::usage, "--footage", "has nowhere to go", "Say with --tracks DIR where the tracks belong");
        Settings of_bundle;
        of_bundle.bundle = bundle_.string();
        PointsNet net = load_points_net(bundle_dir(of_bundle));
        fs::create_directories(tracks_);
        for (const fs::path& video : footage_) {
            Progress progress(percent_options(video.filename().string()));
            const Footage footage = track_footage(net, video, percent(progress));
            progress.finish(100);
            const fs::path file = tracks_ / (video.stem().string() + ".footage.safetensors");
            write_footage(file, footage);
            log_info("wrote " + file.string() + ": " + std::to_string(footage.frames.size()) + " frames, a face in " +
                     std::to_string(std::lround(100 * footage.seen_share())) + " % of them");
        }
#endif
    }

    void write_gestures() const {
        fs::create_directories(gestures_);
        for (const std::string_view name : gesture_preset_names()) write_track(gestures_ / (std::string(name) + ".json"), make_gesture_track(name));
        log_info("wrote " + std::to_string(gesture_preset_names().size()) + " gestures to " + gestures_.string());
    }

    std::uint64_t seed_ = 1;
    fs::path preview_, shards_, gestures_, avatars_, tracks_, bundle_;
    std::vector<fs::path> footage_;
    RecordingPlan plan_;
};

}  // namespace

std::unique_ptr<Subcommand> make_train_data_command(CLI::App& train) { return std::make_unique<TrainDataCommand>(train); }

}  // namespace mirrorme::cli
