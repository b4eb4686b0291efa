#include "obs/host/obs_host.h"

#include <X11/Xlib.h>
#include <obs-nix-platform.h>
#include <sys/resource.h>
#include <util/base.h>
#include <util/bmem.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <random>
#include <stdexcept>

#include "obs/host/display.h"
#include "obs/host/real_time.h"
#include "obs/host/voice.h"
#include "support/sanitized.h"

namespace mirrorme::testing {
namespace {

constexpr std::int64_t kLateNs = 15'000'000;

struct Log {
    std::mutex mutex;
    std::vector<std::string> lines;
};
Log& the_log() {
    static Log log;
    return log;
}

void take_line(int level, const char* format, va_list arguments, void*) {
    std::array<char, 4096> text;
    std::vsnprintf(text.data(), text.size(), format, arguments);
    const std::lock_guard lock(the_log().mutex);
    the_log().lines.emplace_back(text.data());
    if (std::getenv("MIRRORME_OBS_LOG") || level <= LOG_ERROR) std::fprintf(stderr, "[obs] %s\n", text.data());
}

std::filesystem::path first_existing(std::initializer_list<std::filesystem::path> paths) {
    for (const auto& path : paths)
        if (std::filesystem::exists(path)) return path;
    return {};
}

std::filesystem::path stock_modules() {
    return first_existing({"/usr/lib/x86_64-linux-gnu/obs-plugins", "/usr/lib64/obs-plugins", "/usr/lib/obs-plugins"});
}
constexpr const char* kStockData = "/usr/share/obs/obs-plugins";

std::filesystem::path new_folder() {
    std::random_device random;
    const auto path = std::filesystem::temp_directory_path() / ("mirrorme-obs-" + std::to_string(random()));
    std::filesystem::create_directories(path);
    return path;
}

}  // namespace

std::string missing_here() {
    if (!TestDisplay::get()) return "no X display: " + TestDisplay::problem();
    if (!std::filesystem::exists(stock_modules() / "image-source.so")) return "OBS's own modules are not installed (Debian: obs-studio)";
    return {};
}

ObsHost::ObsHost(const HostOptions& options) : options_(options), watch_(std::make_unique<HangWatch>(kPatience * options.limit)) {
    ::setpriority(PRIO_PROCESS, 0, -11);  // where it is allowed: these tests measure OBS's time, not the machine's other work
    ::setenv("MIRRORME_ENGINE", options_.engine.empty() ? MIRRORME_CARD_ENGINE : options_.engine.c_str(), 1);
    if (options_.config.empty()) options_.config = own_config_ = new_folder();
    {
        const std::lock_guard lock(the_log().mutex);
        the_log().lines.clear();
    }
    forget_late();
    base_set_log_handler(take_line, nullptr);
    obs_set_nix_platform(OBS_NIX_PLATFORM_X11_EGL);
    obs_set_nix_platform_display(TestDisplay::get()->connection());
    if (!obs_startup(options_.language, options_.config.c_str(), nullptr)) throw std::runtime_error("obs_startup failed");
    running_ = true;

    obs_audio_info audio{};
    audio.samples_per_sec = kVoiceRate;
    audio.speakers = SPEAKERS_STEREO;
    if (!obs_reset_audio(&audio)) throw std::runtime_error("obs_reset_audio failed");

    obs_video_info video{};
    video.graphics_module = "libobs-opengl.so.1";
    video.fps_num = static_cast<std::uint32_t>(options_.fps);
    video.fps_den = 1;
    video.base_width = video.output_width = static_cast<std::uint32_t>(options_.width);
    video.base_height = video.output_height = static_cast<std::uint32_t>(options_.height);
    video.output_format = VIDEO_FORMAT_BGRA;
    video.colorspace = VIDEO_CS_SRGB;
    video.range = VIDEO_RANGE_FULL;
    video.gpu_conversion = true;
    video.scale_type = OBS_SCALE_BILINEAR;
    if (const int failed = obs_reset_video(&video); failed != OBS_VIDEO_SUCCESS)
        throw std::runtime_error("obs_reset_video failed: " + std::to_string(failed));

    register_voice();
    load((stock_modules() / "image-source.so").string(), std::string(kStockData) + "/image-source");
    load((stock_modules() / "obs-ffmpeg.so").string(), std::string(kStockData) + "/obs-ffmpeg");
    if (options_.with_avatar) load(MIRRORME_MODULE, MIRRORME_MODULE_DATA);
    obs_post_load_modules();
}

void ObsHost::load(const std::string& path, const std::string& data) {
    obs_module_t* module = nullptr;
    if (const int failed = obs_open_module(&module, path.c_str(), data.c_str()); failed != MODULE_SUCCESS)
        throw std::runtime_error(path + " cannot be opened: " + std::to_string(failed));
    if (!obs_init_module(module)) throw std::runtime_error(path + " refused to load");
}

ObsHost::~ObsHost() { shut_down(); }

long ObsHost::shut_down() {
    if (!running_) return 0;
    running_ = false;
    for (std::uint32_t channel = 0; channel < MAX_CHANNELS; ++channel) obs_set_output_source(channel, nullptr);
    while (obs_wait_for_destroy_queue()) {
    }
    obs_shutdown();
    watch_.reset();
    const long left = bnum_allocs();
    base_set_log_handler(nullptr, nullptr);
    std::error_code ignored;
    if (!own_config_.empty()) std::filesystem::remove_all(own_config_, ignored);
    return left;
}

std::vector<std::string> ObsHost::log_lines() const {
    const std::lock_guard lock(the_log().mutex);
    return the_log().lines;
}

bool ObsHost::logged(const std::string& part) const {
    for (const std::string& line : log_lines())
        if (line.find(part) != std::string::npos) return true;
    return false;
}

bool ObsHost::disturbed() const {
    if (worst_late_ns() > kLateNs) return true;
    for (const std::string& line : log_lines())
        if (line.find("audio buffering") != std::string::npos && line.find("Avatar") == std::string::npos) return true;
    return false;
}

ShownScene::ShownScene() : scene_(obs_scene_create("Scene")) { obs_set_output_source(0, obs_scene_get_source(scene_.get())); }
ShownScene::~ShownScene() { obs_set_output_source(0, nullptr); }

obs_sceneitem_t* ShownScene::add(obs_source_t* source, Place place) {
    obs_sceneitem_t* item = obs_scene_add(scene_.get(), source);
    const vec2 position{{{place.x, place.y}}}, scale{{{place.scale, place.scale}}};
    obs_sceneitem_set_pos(item, &position);
    obs_sceneitem_set_scale(item, &scale);
    return item;
}

SourcePtr make_source(const char* id, const std::string& name, const std::string& settings_json) {
    const DataPtr settings(obs_data_create_from_json(settings_json.c_str()));
    if (!settings) throw std::runtime_error("not JSON: " + settings_json);
    SourcePtr source(obs_source_create(id, name.c_str(), settings.get(), nullptr));
    if (!source) throw std::runtime_error(std::string("no source of kind ") + id);
    return source;
}

/// A colour as OBS stores it.
static std::string stored(std::uint32_t rgb) { return std::to_string(0xff000000u | ((rgb & 0xff) << 16) | (rgb & 0xff00) | (rgb >> 16)); }

SourcePtr make_background(std::uint32_t rgb, const HostOptions& options) {
    return make_source("color_source_v3", "Background",
                       "{\"color\":" + stored(rgb) + ",\"width\":" + std::to_string(options.width) +
                           ",\"height\":" + std::to_string(options.height) + "}");
}

void recolour(obs_source_t* background, std::uint32_t rgb) { update_source(background, "{\"color\":" + stored(rgb) + "}"); }

void update_source(obs_source_t* source, const std::string& settings_json) {
    const DataPtr settings(obs_data_create_from_json(settings_json.c_str()));
    if (!settings) throw std::runtime_error("not JSON: " + settings_json);
    obs_source_update(source, settings.get());
}

}  // namespace mirrorme::testing
