#pragma once
// The panel's one way to a source: its settings, procs and signals, never its code. Holds a name and a weak reference, nothing else,
// so that removing the avatar or switching the scene collection is never held up. Qt thread.

#include <QString>
#include <QStringList>
#include <QTimer>

#include <map>
#include <string>
#include <vector>

#include "ui/model/gesture_view.h"
#include "ui/model/status_view.h"
#include "ui/panel/obs_handles.h"
#include "ui/panel/signal_post.h"

namespace mirrorme::ui {

class AvatarLink : public SignalReceiver {
    Q_OBJECT
public:
    AvatarLink(SignalPost& post, QObject* parent);
    ~AvatarLink() override;

    /// Looks for sources and shows `wanted` if it exists.
    void open(const QString& wanted);
    /// Lets go of everything of libobs. Nothing is asked or shown afterwards.
    void close();
    bool is_open() const noexcept { return open_; }
    /// Asks the source twice a second while `on`; signals come in any case.
    void set_watching(bool on);

    const QStringList& names() const noexcept { return names_; }
    QString name() const { return name_; }
    bool has_avatar() const noexcept { return weak_ != nullptr; }
    void choose(const QString& name);
    /// Whether the source's own module is loaded.
    static bool module_loaded();
    /// Makes an avatar in the scene being edited. False when there is none or it cannot be.
    bool add_avatar();

    const StatusView& status() const noexcept { return status_; }
    const GestureView& gestures() const noexcept { return gestures_; }
    const std::map<int, std::string>& hotkeys() const noexcept { return hotkeys_; }
    WeakSourceRef weak_reference() const;

    /// A setting as text; empty when there is none.
    std::string setting(const char* key) const;
    /// As the settings say now; the source says the same in gestures() a moment later.
    std::vector<GestureSlot> slots() const;
    /// Stores the settings of a JSON document. False when the avatar is gone.
    bool update(const std::string& settings_json);
    /// A sentence for people when it was refused, else empty.
    QString trigger(const std::string& gesture, std::string_view action);
    void restart_engine() { call("mirrorme_restart_engine"); }
    void measure_delay() { call("mirrorme_recalibrate"); }
    void try_it() { call("mirrorme_try_it"); }
    QString diagnostics() const;
    /// Folder of the source module's data (gallery, gestures); empty when it is not loaded.
    static QString data_folder();

    void refresh();

Q_SIGNALS:
    void avatars_changed();  // the list or the choice
    void status_changed();
    void gestures_view_changed();
    void settings_changed();

private:
    void sources_changed() override;
    void state_arrived(quintptr source, const QByteArray& json) override;
    void gestures_changed(quintptr source) override;
    void hotkeys_changed() override;

    SourceRef source() const;
    void attach(const QString& name);
    void detach();
    bool call(const char* proc);
    std::string answer(const char* proc, const char* field) const;
    void take_status(const std::string& json);
    void refresh_gestures();
    void read_hotkeys();

    SignalPost& post_;
    QTimer timer_;
    bool open_ = false;
    QStringList names_;
    QString name_, wanted_;
    WeakSourceRef weak_;
    quintptr identity_ = 0;  // compared with a signal's source, never followed
    std::string status_json_, gestures_json_, settings_seen_;
    StatusView status_;
    GestureView gestures_;
    std::map<int, std::string> hotkeys_;
};

}  // namespace mirrorme::ui
