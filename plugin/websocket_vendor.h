#pragma once
// Remote control through obs-websocket, where it is there: vendor "obs-mirrorme".
//
// Requests (obs-websocket's CallVendorRequest), fields in, fields out; every reply has `ok`, and `error`, a sentence, where it is false:
//   list    {source?}                     -> source, presets, slots, playing, queued: as the proc mirrorme_gestures gives them, without the folder
//   trigger {source?, gesture, action?}   -> source; without an action a slot's toggle toggles, and everything else is tapped
//   stop    {source?, gesture?}           -> source
//   state   {source?}                     -> source, state: as mirrorme_status gives it (lists of numbers or words as one text, no nulls: that is
//                                            all obs_data can carry)
// `source` is an avatar's name, needed only where there are several; a reply that misses it has `avatars`, a list of {"name"}.
// Event `gesture` {source, gesture, event}: whatever an avatar signals as mirrorme_gesture.

#include <obs-module.h>

#include <atomic>

namespace mirrorme {

/// Must outlive the module's unloading: obs-websocket does not wait for a request that has begun when it is unregistered, so one may come in on
/// a thread of its pool at any time. It has no destructor to run, and its instance belongs into static storage (module.cpp).
///
/// Requests run on obs-websocket's threads, several at once; events go out on the avatars' workers. Neither touches any state but what is below.
class WebsocketVendor {
public:
    constexpr WebsocketVendor() = default;
    WebsocketVendor(const WebsocketVendor&) = delete;
    WebsocketVendor& operator=(const WebsocketVendor&) = delete;

    /// From obs_module_post_load, when all modules are there. Without obs-websocket it does nothing.
    void load();
    /// From obs_module_unload, before anything that a source's procs need is freed. Waits for the requests that have begun.
    void unload();

private:
    friend class VendorCall;
    static void source_created(void* self, calldata_t* data) noexcept;
    static void gesture_signalled(void* self, calldata_t* data) noexcept;
    static bool listen_to(void* self, obs_source_t* source);
    static bool forget(void* self, obs_source_t* source);

    std::atomic<bool> open_{false};
    std::atomic<int> calls_{0};       // requests and events under way
    proc_handler_t* procs_ = nullptr;  // obs-websocket's; written by load() before open_
    void* vendor_ = nullptr;
};

}  // namespace mirrorme
