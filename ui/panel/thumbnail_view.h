#pragma once
// Shows what ThumbnailRenderer makes, while it is visible.

#include <QTimer>
#include <QWidget>

#include "ui/panel/thumbnail_renderer.h"

namespace mirrorme::ui {

class ThumbnailView : public QWidget {
    Q_OBJECT
public:
    explicit ThumbnailView(QWidget* parent);

    /// Empty reference: shows `placeholder` instead.
    void set_source(WeakSourceRef source, const QString& placeholder);
    /// Lets go of libobs; nothing is drawn any more.
    void close();

    QSize sizeHint() const override { return {280, 220}; }
    QSize minimumSizeHint() const override { return {120, 180}; }

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void tell_target();
    void poll();

    ThumbnailRenderer renderer_;
    QTimer timer_;
    QImage image_;
    QString placeholder_;
    bool closed_ = false, has_source_ = false;
};

}  // namespace mirrorme::ui
