#pragma once
// The grid of gestures: trigger, hold, edit, import, export, delete, and all of that taken back. Qt thread.

#include <QPushButton>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ui/model/gesture_history.h"
#include "ui/panel/avatar_link.h"
#include "ui/panel/flow_layout.h"
#include "ui/panel/gesture_button.h"
#include "ui/panel/section.h"

namespace mirrorme::ui {

class GestureSection : public Section {
    Q_OBJECT
public:
    GestureSection(AvatarLink& link, QWidget* parent);
    void refresh();

protected:
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    GestureButton* make_button();
    std::shared_ptr<const KeyPointTrack> track_of(const GesturePreset* preset);
    QString file_of(const GesturePreset& preset) const;
    void edit(const GestureCell& cell);
    void show_menu(const GestureButton& button, const QPoint& at);
    GestureHistory::StoreSlots storing();
    bool change(GestureChange change);
    bool changed(const std::function<bool()>& make);
    void take_back();
    void do_again();
    void show_history();
    void import_preset();
    void delete_preset(const std::string& name);
    void export_preset(const std::string& name);

    AvatarLink& link_;
    QWidget* grid_;
    FlowLayout* flow_;
    std::vector<GestureButton*> buttons_;
    Note* note_;     // what plays and waits
    Note* problem_;  // why something was refused
    QPushButton* stop_;
    QPushButton* import_;
    QPushButton* undo_;
    QPushButton* redo_;
    GestureHistory history_;
    QString history_of_;  // the avatar it is about
    struct CachedTrack {
        qint64 changed_ms = 0;
        std::shared_ptr<const KeyPointTrack> track;
    };
    std::map<QString, CachedTrack> tracks_;  // by file
};

}  // namespace mirrorme::ui
