#include "obs/host/rivals.h"

#include <array>
#include <cstdio>
#include <filesystem>

#include "obs/host/gif.h"
#include "obs/host/watch.h"

namespace mirrorme::testing {

Rivals::Rivals(Stage& stage) {
    const auto gif = folder_ / "animated.gif";
    write_gif(gif, 256, 384, 10);
    const auto image = [](const char* name, const std::filesystem::path& file) { return make_source("image_source", name, nlohmann::json{{"file", file.string()}}.dump()); };
    still_ = image(kStill, std::filesystem::path(MIRRORME_SOURCE_DIR) / "data/avatars/ada.png");
    animated_ = image(kAnimated, gif);
    // Whoever is drawn first after the background's one colour pays for OBS's change of shaders: the still picture.
    obs_sceneitem_set_order_position(stage.scene().add(still_.get(), {400, 0, 0.5f}), 1);
    stage.scene().add(animated_.get(), {200, 0, kCardScale});
}

void print_call_times(std::initializer_list<const char*> names) {
    constexpr std::array kNames = {"tick", "render", "frame"};
    for (const char* name : names)
        for (const WatchedCallback callback : kWatchedCallbacks) {
            const CallTimes times = watched(name, callback);
            std::printf("%-9s %-6s %4zu calls: processor p50 %.0f p99 %.0f max %.0f us, clock p50 %.0f p99 %.0f max %.0f us\n", name,
                        kNames[static_cast<std::size_t>(callback)], times.cpu_us.size(), percentile(times.cpu_us, 50), percentile(times.cpu_us, 99),
                        percentile(times.cpu_us, 100), percentile(times.wall_us, 50), percentile(times.wall_us, 99), percentile(times.wall_us, 100));
        }
}

}  // namespace mirrorme::testing
