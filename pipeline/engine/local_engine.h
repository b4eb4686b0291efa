#pragma once
// The engine with a model, in this process.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "core/image.h"
#include "engine/api/engine_api.h"
#include "engine/clip_options.h"
#include "engine/model.h"
#include "engine/session/worker.h"

namespace mirrorme {

/// Turns a picture's file into pixels: media/picture.h where FFmpeg is there. Called on the opening thread; throws Error.
using PictureReader = std::function<RgbaImage(const PictureInput&)>;

struct LocalEngineOptions {
    std::filesystem::path bundle;
    PictureReader read_picture;
    std::string device = "cpu";  // as open_device (ops/device.h) names it; auto: what the bundle gains by
    Compute compute = Compute::automatic;
    double share = 1;      // of the time in which chunks may be made, at most (Worker::set_share)
    double memory_gb = 0;  // of a GPU, at most, in 2^30 bytes; 0 = no limit
    std::optional<ClipModeOptions> clips = {};  // offline sessions are made in windows instead of as streams
};

/// One worker thread for all sessions, the only one that calls torch. Sessions share the weights.
class LocalEngine final : public Engine {
public:
    /// Loads the bundle. Throws Error as load_model and check_clips do; unsupported for a device this build does not have.
    static std::unique_ptr<LocalEngine> open(const LocalEngineOptions& options);
    /// With modules that are already there (tests, the trainer's sample videos).
    LocalEngine(std::shared_ptr<const Model> model, PictureReader read_picture, std::shared_ptr<Worker> worker, std::optional<ClipModeOptions> clips = {});
    ~LocalEngine() override;

    const EngineInfo& info() const noexcept override { return info_; }

protected:
    /// Reads the picture, finds its points, crops it, prepares the identity; realtime also warms up and measures L.
    std::unique_ptr<Session> make_session(const SessionConfig& config, std::stop_token stop) override;

private:
    std::shared_ptr<Worker> worker_;
    std::shared_ptr<const Model> model_;
    PictureReader read_picture_;
    std::optional<ClipModeOptions> clips_;
    EngineInfo info_;
};

}  // namespace mirrorme
