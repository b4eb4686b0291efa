#include "ui/panel/signal_post.h"

#include <QMetaObject>

#include <array>
#include <utility>

namespace mirrorme::ui {
namespace {

constexpr std::array kSourceSignals{"source_create", "source_destroy", "source_remove", "source_rename"};
constexpr std::array kHotkeySignals{"hotkey_bindings_changed", "hotkey_register", "hotkey_unregister"};

quintptr source_in(calldata_t* data) { return reinterpret_cast<quintptr>(calldata_ptr(data, "source")); }

}  // namespace

void SignalPost::open(SignalReceiver& receiver) {
    {
        const std::lock_guard lock(mutex_);
        receiver_ = &receiver;
    }
    sources_pending_ = hotkeys_pending_ = false;
    signal_handler_t* signals = obs_get_signal_handler();
    for (const char* name : kSourceSignals) signal_handler_connect(signals, name, on_sources, this);
    for (const char* name : kHotkeySignals) signal_handler_connect(signals, name, on_hotkeys, this);
}

void SignalPost::close() {
    {
        const std::lock_guard lock(mutex_);
        if (!receiver_) return;
        receiver_ = nullptr;
    }
    signal_handler_t* signals = obs_get_signal_handler();
    for (const char* name : kSourceSignals) signal_handler_disconnect(signals, name, on_sources, this);
    for (const char* name : kHotkeySignals) signal_handler_disconnect(signals, name, on_hotkeys, this);
}

void SignalPost::connect_source(obs_source_t* source) {
    signal_handler_t* signals = obs_source_get_signal_handler(source);
    signal_handler_connect(signals, "mirrorme_state", on_state, this);
    signal_handler_connect(signals, "mirrorme_gesture", on_gesture, this);
    signal_handler_connect(signals, "update", on_update, this);
}

void SignalPost::disconnect_source(obs_source_t* source) {
    signal_handler_t* signals = obs_source_get_signal_handler(source);
    signal_handler_disconnect(signals, "mirrorme_state", on_state, this);
    signal_handler_disconnect(signals, "mirrorme_gesture", on_gesture, this);
    signal_handler_disconnect(signals, "update", on_update, this);
}

template <class Function>
void SignalPost::deliver(Function&& function) {
    const std::lock_guard lock(mutex_);
    if (SignalReceiver* receiver = receiver_)
        QMetaObject::invokeMethod(receiver, [receiver, function = std::forward<Function>(function)] { function(*receiver); }, Qt::QueuedConnection);
}

template <class Function>
void SignalPost::deliver_once(std::atomic<bool>& pending, Function&& function) {
    if (pending.exchange(true)) return;
    deliver([&pending, function = std::forward<Function>(function)](SignalReceiver& receiver) {
        pending = false;
        function(receiver);
    });
}

void SignalPost::on_sources(void* post, calldata_t*) {
    auto* self = static_cast<SignalPost*>(post);
    self->deliver_once(self->sources_pending_, [](SignalReceiver& receiver) { receiver.sources_changed(); });
}

void SignalPost::on_hotkeys(void* post, calldata_t*) {
    auto* self = static_cast<SignalPost*>(post);
    self->deliver_once(self->hotkeys_pending_, [](SignalReceiver& receiver) { receiver.hotkeys_changed(); });
}

void SignalPost::on_state(void* post, calldata_t* data) {
    const char* json = calldata_string(data, "json");
    static_cast<SignalPost*>(post)->deliver(
        [source = source_in(data), text = QByteArray(json ? json : "")](SignalReceiver& receiver) { receiver.state_arrived(source, text); });
}

void SignalPost::on_gesture(void* post, calldata_t* data) {
    static_cast<SignalPost*>(post)->deliver([source = source_in(data)](SignalReceiver& receiver) { receiver.gestures_changed(source); });
}

void SignalPost::on_update(void* post, calldata_t* data) {
    static_cast<SignalPost*>(post)->deliver([source = source_in(data)](SignalReceiver& receiver) { receiver.gestures_changed(source); });
}

}  // namespace mirrorme::ui
