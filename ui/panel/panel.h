#pragma once
// The dock "MirrorMe": everything a streamer does with an avatar once it is in the scene. Qt thread.

#include <QBoxLayout>
#include <QComboBox>
#include <QPushButton>
#include <QScrollArea>
#include <QWidget>

#include "ui/panel/avatar_link.h"
#include "ui/panel/gesture_section.h"
#include "ui/panel/picture_section.h"
#include "ui/panel/status_sections.h"
#include "ui/panel/thumbnail_view.h"

namespace mirrorme::ui {

class Panel : public QWidget {
    Q_OBJECT
public:
    explicit Panel(SignalPost& post);

    /// The frontend has loaded its scenes.
    void open();
    /// The frontend is leaving: after this the panel touches nothing of libobs.
    void close_down();

    QSize sizeHint() const override { return {340, 640}; }
    QSize minimumSizeHint() const override { return {240, 200}; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;

private:
    QWidget* build_chooser(QWidget* parent);
    QWidget* build_tools(QWidget* parent);
    void restore_folds();
    void store_folds();
    void show_avatars();
    void show_status();
    void add_avatar();
    void open_properties();

    AvatarLink link_;
    QBoxLayout* columns_;
    QComboBox* chooser_;
    QPushButton* add_;
    Note* message_;
    ThumbnailView* thumbnail_;
    QPushButton* try_it_;
    QPushButton* properties_;
    PictureSection* picture_;
    GestureSection* gestures_;
    SoundSection* sound_;
    DelaySection* delay_;
    EngineSection* engine_;
    QScrollArea* scroll_;
    QString thumbnail_of_;
};

}  // namespace mirrorme::ui
