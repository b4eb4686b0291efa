#include "ui/panel/picture_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>

#include <array>
#include <utility>

#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr double kMargin = 10, kReach = 14;
constexpr double kCorner = 5, kDot = 6;  // half sizes of the handles

Point to_point(QPointF p) { return {p.x(), p.y()}; }
QPointF to_qt(Point p) { return {p.x, p.y}; }

Point position_of(const QMouseEvent& event) {
#if QT_VERSION >= QT_VERSION_CHECK(6, 0, 0)
    return to_point(event.position());
#else
    return to_point(event.localPos());
#endif
}

Qt::CursorShape cursor_over(Handle handle) {
    switch (handle) {
        case Handle::none: return Qt::ArrowCursor;
        case Handle::crop: return Qt::SizeAllCursor;
        case Handle::top_left:
        case Handle::bottom_right: return Qt::SizeFDiagCursor;
        case Handle::top_right:
        case Handle::bottom_left: return Qt::SizeBDiagCursor;
        default: return Qt::CrossCursor;
    }
}

}  // namespace

PictureCanvas::PictureCanvas(QImage image, PictureEditor& editor, QWidget* parent) : QWidget(parent), image_(std::move(image)), editor_(editor) {
    setMouseTracking(true);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(text_of("Panel.Adjust.Canvas"));
    setAccessibleDescription(text_of("Panel.Adjust.Help"));
}

PictureView PictureCanvas::view() const { return {editor_.picture(), {static_cast<double>(width()), static_cast<double>(height())}, kMargin}; }

void PictureCanvas::select(Handle handle) {
    if (handle == selected_ || handle == Handle::none) return;
    selected_ = handle;
    update();
    Q_EMIT selected_changed();
}

void PictureCanvas::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHints(QPainter::Antialiasing | QPainter::SmoothPixmapTransform);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    const PictureView view = this->view();
    const Box& area = view.area();
    painter.drawImage(QRectF(area.x, area.y, area.width, area.height), image_);
    paint_crop(painter, view);
    paint_points(painter, view);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1, Qt::DotLine));
        painter.setBrush(Qt::NoBrush);
        painter.drawRect(rect().adjusted(1, 1, -2, -2));
    }
}

void PictureCanvas::paint_crop(QPainter& painter, const PictureView& view) const {
    const Box& area = view.area();
    const QRectF crop(to_qt(view.to_widget(editor_.point(Handle::top_left))), to_qt(view.to_widget(editor_.point(Handle::bottom_right))));
    QPainterPath outside;
    outside.addRect(QRectF(area.x, area.y, area.width, area.height));
    outside.addRect(crop);
    QColor shade = palette().color(QPalette::Base);
    shade.setAlphaF(0.6);
    painter.fillPath(outside, shade);

    const QColor light = palette().color(QPalette::HighlightedText), strong = palette().color(QPalette::Highlight);
    const Qt::PenStyle style = editor_.crop_automatic() ? Qt::DashLine : Qt::SolidLine;
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(light, 3));  // two lines, so that one of them shows on any picture
    painter.drawRect(crop);
    painter.setPen(QPen(strong, 1.5, style));
    painter.drawRect(crop);
    for (const Handle corner : {Handle::top_left, Handle::top_right, Handle::bottom_left, Handle::bottom_right}) {
        const QPointF at = to_qt(view.to_widget(editor_.point(corner)));
        painter.setPen(QPen(light, corner == selected_ ? 3 : 1.5));
        painter.setBrush(strong);
        painter.drawRect(QRectF(at.x() - kCorner, at.y() - kCorner, 2 * kCorner, 2 * kCorner));
    }
}

void PictureCanvas::paint_points(QPainter& painter, const PictureView& view) const {
    const QColor light = palette().color(QPalette::HighlightedText), strong = palette().color(QPalette::Highlight);
    const auto at = [&](Handle handle) { return to_qt(view.to_widget(editor_.point(handle))); };
    for (const QPen& pen : {QPen(light, 3), QPen(strong, 1.5, editor_.points_automatic() ? Qt::DashLine : Qt::SolidLine)}) {
        painter.setPen(pen);
        painter.drawLine(at(Handle::mouth_left), at(Handle::mouth_right));
    }
    for (const Handle handle : kPointHandles) {
        const bool eye = handle == Handle::left_eye || handle == Handle::right_eye;
        painter.setPen(QPen(light, handle == selected_ ? 3.5 : 2));
        painter.setBrush(editor_.points_automatic() ? QBrush(Qt::NoBrush) : QBrush(strong));
        painter.drawEllipse(at(handle), kDot, kDot);
        painter.setPen(QPen(strong, 1.5));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(at(handle), kDot + 1, kDot + 1);
        painter.setPen(QPen(light, 1.5));
        if (eye) painter.drawEllipse(at(handle), 1.5, 1.5);
    }
}

void PictureCanvas::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Handle handle = editor_.hit(position_of(*event), view(), kReach);
    editor_.begin_drag(handle, view().to_picture(position_of(*event)));
    select(handle);
}

void PictureCanvas::mouseMoveEvent(QMouseEvent* event) {
    if (editor_.dragged() == Handle::none) return setCursor(cursor_over(editor_.hit(position_of(*event), view(), kReach)));
    editor_.drag_to(view().to_picture(position_of(*event)));
    update();
    Q_EMIT edited();
}

void PictureCanvas::mouseReleaseEvent(QMouseEvent*) { editor_.end_drag(); }

void PictureCanvas::keyPressEvent(QKeyEvent* event) {
    const double step = event->modifiers() & Qt::ShiftModifier ? 10 : 1;
    double dx = 0, dy = 0;
    if (event->key() == Qt::Key_Left) dx = -step;
    else if (event->key() == Qt::Key_Right) dx = step;
    else if (event->key() == Qt::Key_Up) dy = -step;
    else if (event->key() == Qt::Key_Down) dy = step;
    else return QWidget::keyPressEvent(event);
    editor_.nudge(selected_, dx, dy);
    update();
    Q_EMIT edited();
}

}  // namespace mirrorme::ui
