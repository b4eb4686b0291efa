#pragma once
// libobs without a window: started, given a scene, looked at, and shut down with its leaks counted.

#include <obs.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "obs/host/hang_watch.h"

namespace mirrorme::testing {

struct SourceRelease {
    void operator()(obs_source_t* source) const { obs_source_release(source); }
    void operator()(obs_scene_t* scene) const { obs_scene_release(scene); }
    void operator()(obs_data_t* data) const { obs_data_release(data); }
    void operator()(obs_weak_source_t* source) const { obs_weak_source_release(source); }
};
template <class T>
using ObsPtr = std::unique_ptr<T, SourceRelease>;
using SourcePtr = ObsPtr<obs_source_t>;
using ScenePtr = ObsPtr<obs_scene_t>;
using DataPtr = ObsPtr<obs_data_t>;

/// Why nothing can be tested here; empty when it can. A test begins with: `if (auto why = missing_here(); !why.empty()) SKIP(why)`.
std::string missing_here();

struct HostOptions {
    int width = 640, height = 360, fps = 30;
    std::filesystem::path config{};  // the user's OBS folder; empty = a new one that goes with the host
    bool with_avatar = true;         // load obs-mirrorme.so
    std::filesystem::path engine{};  // what it starts; empty = the test card's
    const char* language = "en-US";
    std::chrono::seconds limit{150};  // from start to end; longer = it hangs
};

class ObsHost {
public:
    /// Throws std::runtime_error.
    explicit ObsHost(const HostOptions& options = {});
    /// As shut_down().
    ~ObsHost();
    ObsHost(const ObsHost&) = delete;
    ObsHost& operator=(const ObsHost&) = delete;

    /// Everything obtained from libobs must have been released. Returns libobs's count of allocations that are left.
    long shut_down();

    const HostOptions& options() const noexcept { return options_; }
    /// What libobs and the plugin have logged, a line each.
    std::vector<std::string> log_lines() const;
    bool logged(const std::string& part) const;
    /// This machine was too busy for the voice itself to be on time: OBS has put silence into the mix, and it was not the avatar's doing.
    bool disturbed() const;

private:
    void load(const std::string& path, const std::string& data);

    HostOptions options_;
    std::filesystem::path own_config_;
    bool running_ = false;
    std::unique_ptr<HangWatch> watch_;
};

/// A scene on the first channel: what viewers see and hear.
class ShownScene {
public:
    ShownScene();
    ~ShownScene();
    ShownScene(const ShownScene&) = delete;
    ShownScene& operator=(const ShownScene&) = delete;

    struct Place {
        float x = 0, y = 0, scale = 1;
    };
    obs_sceneitem_t* add(obs_source_t* source, Place place);
    obs_sceneitem_t* add(obs_source_t* source) { return add(source, Place{}); }
    obs_scene_t* get() const noexcept { return scene_.get(); }

private:
    ScenePtr scene_;
};

SourcePtr make_source(const char* id, const std::string& name, const std::string& settings_json = "{}");
/// One colour over the whole canvas, 0xrrggbb.
SourcePtr make_background(std::uint32_t rgb, const HostOptions& options);
void recolour(obs_source_t* background, std::uint32_t rgb);
/// As a click in the properties window: merged into the settings.
void update_source(obs_source_t* source, const std::string& settings_json);

}  // namespace mirrorme::testing
