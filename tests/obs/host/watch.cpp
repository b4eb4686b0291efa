#include "obs/host/watch.h"

#include <dlfcn.h>
#include <graphics/graphics.h>
#include <obs.h>
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MIRRORME_GUARDS 0  // the sanitizers have malloc and the mutex already
#else
#define MIRRORME_GUARDS 1
#endif

namespace mirrorme::testing {
namespace {

constexpr std::size_t kMost = 65'536;  // calls noted of each kind

struct Notes {
    std::atomic<std::size_t> count{0};
    std::vector<double> cpu_us = std::vector<double>(kMost), wall_us = std::vector<double>(kMost);

    void add(double cpu, double wall) {
        const std::size_t at = count.load(std::memory_order_relaxed);
        if (at >= kMost) return;
        cpu_us[at] = cpu, wall_us[at] = wall;
        count.store(at + 1, std::memory_order_release);
    }
};

/// A source kind whose callbacks come through here.
struct Kind {
    std::string id;
    obs_source_info original{};
};
constexpr std::size_t kKinds = 2;

/// A source that is noted.
struct Watched {
    std::string name;
    std::atomic<const void*> data{nullptr};  // what its callbacks are called with
    Notes tick, render, frame;
    double frame_cpu_us = 0, frame_wall_us = 0;  // of the frame that goes on; the graphics thread's own
    std::atomic<int> uploads{0};

    Notes& notes(WatchedCallback callback) { return callback == WatchedCallback::tick ? tick : callback == WatchedCallback::render ? render : frame; }
    void add(WatchedCallback callback, double cpu, double wall) {
        if (callback == WatchedCallback::tick) {
            if (tick.count > 0) frame.add(frame_cpu_us, frame_wall_us);
            frame_cpu_us = frame_wall_us = 0;
        }
        notes(callback).add(cpu, wall);
        frame_cpu_us += cpu;
        frame_wall_us += wall;
    }
};
constexpr std::size_t kWatched = 4;

struct Watch {
    std::mutex mutex;
    std::array<Kind, kKinds> kinds;
    std::size_t used = 0;
    std::map<const void*, std::string> living;  // every source of those kinds
    std::array<Watched, kWatched> watched;
};
Watch& the_watch() {
    static Watch watch;
    return watch;
}

double microseconds(clockid_t clock) {
    timespec now{};
    ::clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

thread_local Watched* t_called = nullptr;  // whose callback this thread is inside

template <class Call>
void timed(const void* data, WatchedCallback which, Call&& call) {
    auto& all = the_watch().watched;
    const auto watched = std::find_if(all.begin(), all.end(), [&](const Watched& one) { return one.data.load(std::memory_order_acquire) == data; });
    if (watched == all.end()) return call();
    t_called = watched;
    const double wall = microseconds(CLOCK_MONOTONIC), cpu = microseconds(CLOCK_THREAD_CPUTIME_ID);
    call();
    watched->add(which, microseconds(CLOCK_THREAD_CPUTIME_ID) - cpu, microseconds(CLOCK_MONOTONIC) - wall);
    t_called = nullptr;
}

template <std::size_t N>
struct StandIn {
    static const obs_source_info& original() { return the_watch().kinds[N].original; }
    static void* create(obs_data_t* settings, obs_source_t* source) {
        void* data = original().create(settings, source);
        const std::lock_guard lock(the_watch().mutex);
        the_watch().living[data] = obs_source_get_name(source);
        return data;
    }
    static void destroy(void* data) {
        {
            const std::lock_guard lock(the_watch().mutex);
            the_watch().living.erase(data);
        }
        original().destroy(data);
    }
    static void tick(void* data, float seconds) {
        timed(data, WatchedCallback::tick, [&] { original().video_tick(data, seconds); });
    }
    static void render(void* data, gs_effect_t* effect) {
        timed(data, WatchedCallback::render, [&] { original().video_render(data, effect); });
    }
    static void take_the_place(obs_source_info& info) {
        info.create = create;
        info.destroy = destroy;
        if (info.video_tick) info.video_tick = tick;
        if (info.video_render) info.video_render = render;
    }
};
constexpr std::array<void (*)(obs_source_info&), kKinds> kStandIns = {StandIn<0>::take_the_place, StandIn<1>::take_the_place};

bool worth_watching(const std::string& id) { return id == "mirrorme_avatar" || id == "image_source"; }

/// The info that is registered instead of `info`.
obs_source_info stand_in_for(const obs_source_info& info) {
    Watch& watch = the_watch();
    const std::lock_guard lock(watch.mutex);
    std::size_t at = 0;
    while (at < watch.used && watch.kinds[at].id != info.id) ++at;
    watch.used = std::max(watch.used, at + 1);
    watch.kinds[at].id = info.id;
    watch.kinds[at].original = info;
    obs_source_info changed = info;
    kStandIns[at](changed);
    return changed;
}

template <class Function>
Function next_of(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// ---- audio callbacks --------------------------------------------------------------------------------

thread_local bool t_in_audio = false;  // this thread is inside a watched audio callback
std::atomic<std::int64_t> g_calls{0}, g_allocations{0}, g_locks{0};
std::atomic<double> g_longest_us{0};

struct Captured {
    obs_source_t* source;
    obs_source_audio_capture_t callback;
    void* param;
};

void heard(void* pointer, obs_source_t* source, const audio_data* data, bool muted) {
    const auto& captured = *static_cast<const Captured*>(pointer);
    const double start = microseconds(CLOCK_THREAD_CPUTIME_ID);
    t_in_audio = true;
    captured.callback(captured.param, source, data, muted);
    t_in_audio = false;
    const double spent = microseconds(CLOCK_THREAD_CPUTIME_ID) - start;
    if (spent > g_longest_us.load()) g_longest_us = spent;
    ++g_calls;
}

struct Captures {
    std::mutex mutex;
    std::vector<std::unique_ptr<Captured>> all;
};
Captures& the_captures() {
    static Captures captures;
    return captures;
}

}  // namespace

void watch_callbacks(std::initializer_list<const char*> names) {
    Watch& watch = the_watch();
    const std::lock_guard lock(watch.mutex);
    auto next = watch.watched.begin();
    for (Watched& one : watch.watched) {
        one.data = nullptr;
        for (const WatchedCallback callback : kWatchedCallbacks) one.notes(callback).count = 0;
        one.uploads = 0;
    }
    for (const char* name : names)
        for (const auto& [data, known] : watch.living)
            if (known == name && next != watch.watched.end()) {
                next->name = name;
                next++->data = data;
            }
    g_calls = g_allocations = g_locks = 0;
    g_longest_us = 0;
}

CallTimes watched(const std::string& name, WatchedCallback callback) {
    for (Watched& one : the_watch().watched) {
        if (one.name != name || !one.data) continue;
        const Notes& notes = one.notes(callback);
        const auto count = static_cast<std::ptrdiff_t>(notes.count.load(std::memory_order_acquire));
        return {{notes.cpu_us.begin(), notes.cpu_us.begin() + count}, {notes.wall_us.begin(), notes.wall_us.begin() + count}};
    }
    return {};
}

int uploads_of(const std::string& name) {
    for (const Watched& one : the_watch().watched)
        if (one.name == name && one.data) return one.uploads;
    return 0;
}

double percentile(std::vector<double> values, double percent) {
    if (values.empty()) return 0;
    const auto at = static_cast<std::size_t>(percent / 100 * static_cast<double>(values.size() - 1) + 0.5);
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
    return values[at];
}

AudioDeeds audio_deeds() { return {g_calls, g_allocations, g_locks, g_longest_us}; }

}  // namespace mirrorme::testing

extern "C" {

__attribute__((visibility("default"))) void obs_register_source_s(const obs_source_info* info, size_t size) {
    using namespace mirrorme::testing;
    static const auto real = next_of<decltype(&obs_register_source_s)>("obs_register_source_s");
    if (size != sizeof(obs_source_info) || !worth_watching(info->id)) return real(info, size);
    const obs_source_info changed = stand_in_for(*info);
    real(&changed, size);
}

__attribute__((visibility("default"))) void obs_source_add_audio_capture_callback(obs_source_t* source, obs_source_audio_capture_t callback,
                                                                                   void* param) {
    using namespace mirrorme::testing;
    static const auto real = next_of<decltype(&obs_source_add_audio_capture_callback)>("obs_source_add_audio_capture_callback");
    auto captured = std::make_unique<Captured>(Captured{source, callback, param});
    Captured* stable = captured.get();
    {
        const std::lock_guard lock(the_captures().mutex);
        the_captures().all.push_back(std::move(captured));
    }
    real(source, heard, stable);
}

__attribute__((visibility("default"))) void obs_source_remove_audio_capture_callback(obs_source_t* source,
                                                                                      obs_source_audio_capture_t callback, void* param) {
    using namespace mirrorme::testing;
    static const auto real = next_of<decltype(&obs_source_remove_audio_capture_callback)>("obs_source_remove_audio_capture_callback");
    std::unique_ptr<Captured> found;
    {
        const std::lock_guard lock(the_captures().mutex);
        auto& all = the_captures().all;
        const auto at = std::find_if(all.begin(), all.end(), [&](const auto& c) {
            return c->source == source && c->callback == callback && c->param == param;
        });
        if (at != all.end()) found = std::move(*at), all.erase(at);
    }
    if (found) real(source, heard, found.get());
    else real(source, callback, param);
}

__attribute__((visibility("default"))) void gs_texture_set_image(gs_texture_t* texture, const uint8_t* data, uint32_t linesize, bool invert) {
    using namespace mirrorme::testing;
    static const auto real = next_of<decltype(&gs_texture_set_image)>("gs_texture_set_image");
    if (t_called) ++t_called->uploads;
    real(texture, data, linesize, invert);
}

#if defined(__SANITIZE_ADDRESS__)
/// Mesa's drivers stay loaded, so that what is lost in them can be told from what is lost elsewhere.
__attribute__((visibility("default"))) int dlclose(void*) noexcept { return 0; }
#endif

#if MIRRORME_GUARDS
void* __libc_malloc(size_t size);
__attribute__((visibility("default"))) void* malloc(size_t size) {
    if (mirrorme::testing::t_in_audio) ++mirrorme::testing::g_allocations;
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) int pthread_mutex_lock(pthread_mutex_t* mutex) {
    using Lock = int (*)(pthread_mutex_t*);
    static Lock real = nullptr;  // not a guarded static: this may run before anything else does
    if (!real) real = reinterpret_cast<Lock>(::dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    if (mirrorme::testing::t_in_audio) ++mirrorme::testing::g_locks;
    return real(mutex);
}
#endif
}
