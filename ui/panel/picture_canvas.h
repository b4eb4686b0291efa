#pragma once
// The picture with its crop box and points, to be dragged. Qt thread.

#include <QImage>
#include <QWidget>

#include "ui/model/picture_editor.h"

namespace mirrorme::ui {

class PictureCanvas : public QWidget {
    Q_OBJECT
public:
    PictureCanvas(QImage image, PictureEditor& editor, QWidget* parent);
    /// What the arrow keys move.
    void select(Handle handle);
    Handle selected() const noexcept { return selected_; }

    QSize sizeHint() const override { return {420, 520}; }
    QSize minimumSizeHint() const override { return {220, 240}; }

Q_SIGNALS:
    void edited();
    void selected_changed();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    PictureView view() const;
    void paint_crop(QPainter& painter, const PictureView& view) const;
    void paint_points(QPainter& painter, const PictureView& view) const;

    QImage image_;
    PictureEditor& editor_;
    Handle selected_ = Handle::crop;
};

}  // namespace mirrorme::ui
