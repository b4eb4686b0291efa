#pragma once
// Which picture speaks: file, drop, paste or gallery, with the reason when one cannot be used. Qt thread.

#include <QListWidget>
#include <QPushButton>

#include "ui/panel/avatar_link.h"
#include "ui/panel/pictures.h"
#include "ui/panel/section.h"

namespace mirrorme::ui {

class PictureSection : public Section {
    Q_OBJECT
public:
    PictureSection(AvatarLink& link, QWidget* parent);

    /// A drop anywhere on the panel, or a paste.
    void take(const QMimeData& data);
    void refresh();

protected:
    void showEvent(QShowEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void build_current();
    void build_gallery();
    void choose_file();
    void paste();
    void adjust();
    void use(const OfferedPicture& picture);
    void show_current();
    void fit_gallery();
    void draw_next_of_gallery(int index);
    /// The setting, or the picture that stands in for an empty one.
    QString image_in_use() const;

    AvatarLink& link_;
    QLabel* picture_;
    QLabel* name_;
    Note* remark_;   // about the picture in use
    Note* problem_;  // why the last one offered was refused
    QPushButton* adjust_;
    QPushButton* choose_;
    QPushButton* paste_;
    QListWidget* gallery_;
    QString shown_image_, offered_remark_;
};

}  // namespace mirrorme::ui
