#pragma once
// One gesture: its figure, title and hotkey on a button. A tap when clicked, held while pressed where its slot says so. Qt thread.

#include <QAbstractButton>
#include <QTimer>

#include <memory>

#include "core/track_io.h"
#include "ui/model/gesture_view.h"

namespace mirrorme::ui {

/// Three dots: what more can be done with something.
class DotsButton : public QAbstractButton {
    Q_OBJECT
public:
    using QAbstractButton::QAbstractButton;
    QSize sizeHint() const override { return {24, 18}; }

protected:
    void paintEvent(QPaintEvent* event) override;
};

/// Painted by itself from the palette: themes give push buttons one height.
class GestureButton : public QAbstractButton {
    Q_OBJECT
public:
    explicit GestureButton(QWidget* parent);
    void show_cell(const GestureCell& cell, std::shared_ptr<const KeyPointTrack> track);
    const GestureCell& cell() const noexcept { return cell_; }
    /// Ends a hold that is going on, as if the button had been released.
    void let_go() { on_released(); }

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

Q_SIGNALS:
    /// What mirrorme_trigger takes.
    void asked(const QString& gesture, const QString& action);
    void edit_asked();
    void menu_asked(const QPoint& global);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    bool event(QEvent* event) override;

private:
    void on_pressed();
    void on_released();
    void on_clicked();
    void paint_frame(QPainter& painter) const;
    void paint_figure(QPainter& painter, const QRectF& square) const;
    bool wants_motion() const;
    void step();

    GestureCell cell_;
    std::shared_ptr<const KeyPointTrack> track_;
    std::size_t frame_ = 0;
    QTimer motion_;  // plays the figure while the pointer is over it or the gesture plays
    DotsButton* edit_;
    QString held_;  // the gesture whose release is due: the cell may change meanwhile
};

}  // namespace mirrorme::ui
