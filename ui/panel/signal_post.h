#pragma once
// From libobs's threads to the panel. The callbacks' data is this object, which lives as long as the module: a signal that comes
// while a source or the panel is going away finds it, and finds nobody waiting.

#include <QObject>
#include <QString>

#include <obs.h>

#include <atomic>
#include <mutex>

namespace mirrorme::ui {

/// What arrives, on the Qt thread.
class SignalReceiver : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;
    virtual void sources_changed() = 0;                    // created, removed, renamed, destroyed; many at once come as one
    virtual void state_arrived(quintptr source, const QByteArray& json) = 0;  // source: to compare only, it may be gone
    virtual void gestures_changed(quintptr source) = 0;
    virtual void hotkeys_changed() = 0;                    // many at once come as one
};

class SignalPost {
public:
    /// Qt thread: from now on `receiver` gets what comes, until close(). Connects to libobs's global signals.
    void open(SignalReceiver& receiver);
    /// Qt thread: nothing is delivered any more, when it returns no callback of the global signals is running.
    void close();

    /// Qt thread, with a reference to `source` held.
    void connect_source(obs_source_t* source);
    void disconnect_source(obs_source_t* source);

private:
    template <class Function>
    void deliver(Function&& function);
    template <class Function>
    void deliver_once(std::atomic<bool>& pending, Function&& function);

    static void on_sources(void* post, calldata_t* data);
    static void on_hotkeys(void* post, calldata_t* data);
    static void on_state(void* post, calldata_t* data);
    static void on_gesture(void* post, calldata_t* data);
    static void on_update(void* post, calldata_t* data);

    std::mutex mutex_;  // held for posting an event only
    SignalReceiver* receiver_ = nullptr;
    std::atomic<bool> sources_pending_{false}, hotkeys_pending_{false};
};

}  // namespace mirrorme::ui
