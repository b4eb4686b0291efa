#include "ui/panel/gesture_button.h"

#include <QContextMenuEvent>
#include <QPainter>

#include <algorithm>
#include <utility>

#include "ui/model/stick_figure.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr int kPadding = 5, kFigure = 56;
constexpr int kMotionMs = 1000 / 12;

QString to_qt(std::string_view text) { return QString::fromUtf8(text.data(), static_cast<int>(text.size())); }

const char* mode_key(GestureMode mode) {
    switch (mode) {
        case GestureMode::hold: return "Panel.Gesture.Mode.Hold";
        case GestureMode::toggle: return "Panel.Gesture.Mode.Toggle";
        default: return "Panel.Gesture.Mode.Tap";
    }
}

QFont smaller(QFont font) {
    if (font.pointSizeF() > 0) font.setPointSizeF(font.pointSizeF() * 0.85);
    else font.setPixelSize(std::max(8, font.pixelSize() * 85 / 100));
    return font;
}

}  // namespace

void DotsButton::paintEvent(QPaintEvent*) {
    constexpr double kDot = 1.6, kGap = 5;
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor ink = palette().color(QPalette::ButtonText);
    ink.setAlphaF(underMouse() ? 1.0 : 0.6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(ink);
    for (const int i : {-1, 0, 1}) painter.drawEllipse(QRectF(rect()).center() + QPointF(i * kGap, 0), kDot, kDot);
}

GestureButton::GestureButton(QWidget* parent) : QAbstractButton(parent), edit_(new DotsButton(this)) {
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAttribute(Qt::WA_Hover);
    edit_->setToolTip(text_of("Panel.Gesture.Edit"));
    edit_->setFocusPolicy(Qt::NoFocus);  // by keyboard: the context menu
    connect(edit_, &DotsButton::clicked, this, &GestureButton::edit_asked);
    connect(this, &QAbstractButton::pressed, this, &GestureButton::on_pressed);
    connect(this, &QAbstractButton::released, this, &GestureButton::on_released);
    connect(this, &QAbstractButton::clicked, this, &GestureButton::on_clicked);
    motion_.setInterval(kMotionMs);
    connect(&motion_, &QTimer::timeout, this, &GestureButton::step);
}

void GestureButton::show_cell(const GestureCell& cell, std::shared_ptr<const KeyPointTrack> track) {
    if (track != track_) {
        track_ = std::move(track);
        frame_ = track_ ? telling_frame(*track_) : 0;
    }
    cell_ = cell;
    const QString title = QString::fromStdString(cell.title), hotkey = QString::fromStdString(cell.hotkey);
    const QString mode = text_of(mode_key(cell.mode));
    setAccessibleName(title);
    QString hint = cell.missing ? said({"Panel.Gesture.Missing", {cell.preset}}) : title + QStringLiteral("\n") + mode;
    hint += QStringLiteral("\n") + (hotkey.isEmpty() ? cell.slot == 0 ? text_of("Panel.Gesture.NoSlot") : said({"Panel.Gesture.NoHotkey", {std::to_string(cell.slot)}})
                                                     : said({"Panel.Gesture.Hotkey", {cell.hotkey}}));
    setToolTip(hint);
    setAccessibleDescription(hint);
    edit_->setAccessibleName(said({"Panel.Gesture.EditOne", {cell.title}}));
    if (wants_motion()) motion_.start();
    update();
}

QSize GestureButton::sizeHint() const {
    const int line = fontMetrics().height();
    return {std::max(80, fontMetrics().averageCharWidth() * 9), kFigure + 2 * line + 3 * kPadding};
}

void GestureButton::on_pressed() {
    const std::string_view action = action_of_press(cell_.mode);
    if (action.empty() || cell_.missing) return;
    held_ = QString::fromStdString(cell_.gesture());
    Q_EMIT asked(held_, to_qt(action));
}

void GestureButton::on_released() {
    if (!held_.isEmpty()) Q_EMIT asked(std::exchange(held_, {}), to_qt(action_of_release(GestureMode::hold)));
}

void GestureButton::on_clicked() {
    if (cell_.mode != GestureMode::hold && !cell_.missing) Q_EMIT asked(QString::fromStdString(cell_.gesture()), to_qt(action_of_release(cell_.mode)));
}

bool GestureButton::wants_motion() const { return track_ && isVisible() && (cell_.playing || underMouse()); }

void GestureButton::step() {
    if (!wants_motion()) {
        motion_.stop();
        frame_ = track_ ? telling_frame(*track_) : 0;
    } else {
        // Two frames of 24 a second at 12 a second: its own speed.
        const std::size_t frames = std::max<std::size_t>(1, track_->frame_count());
        frame_ = (frame_ + 2) % frames;
    }
    update();
}

bool GestureButton::event(QEvent* event) {
    if (event->type() == QEvent::Enter && wants_motion()) {
        frame_ = 0;
        motion_.start();
    }
    return QAbstractButton::event(event);
}

void GestureButton::resizeEvent(QResizeEvent* event) {
    QAbstractButton::resizeEvent(event);
    const QSize size = edit_->sizeHint();
    edit_->setGeometry(QRect(QPoint(width() - size.width() - 2, 2), size));
}

void GestureButton::contextMenuEvent(QContextMenuEvent* event) {
    const QPoint at = event->reason() == QContextMenuEvent::Mouse ? event->globalPos() : mapToGlobal(rect().center());
    Q_EMIT menu_asked(at);
}

void GestureButton::paint_figure(QPainter& painter, const QRectF& square) const {
    if (!track_) return;
    const StickFigure figure = stick_figure(*track_, frame_);
    if (figure.empty()) return;
    const auto place = [&](Point p) { return QPointF(square.x() + p.x * square.width(), square.y() + p.y * square.height()); };
    const QColor moved = palette().color(isDown() ? QPalette::HighlightedText : QPalette::ButtonText);
    QColor still = moved;
    still.setAlphaF(0.45);
    painter.save();
    painter.setClipRect(square);
    painter.setRenderHint(QPainter::Antialiasing);
    for (const Stroke& stroke : figure.body) {
        painter.setPen(QPen(still, stroke.width * square.width(), Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(place(stroke.from), place(stroke.to));
    }
    painter.setPen(Qt::NoPen);
    painter.setBrush(still);
    painter.drawEllipse(place(figure.head), figure.head_radius * square.width(), figure.head_radius * square.width());
    for (const Stroke& stroke : figure.limbs) {
        painter.setPen(QPen(moved, stroke.width * square.width(), Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(place(stroke.from), place(stroke.to));
    }
    painter.restore();
}

void GestureButton::paint_frame(QPainter& painter) const {
    constexpr double kRound = 4;
    const QRectF frame = QRectF(rect()).adjusted(1, 1, -1, -1);
    QColor fill = palette().color(QPalette::Button);
    if (isDown()) fill = palette().color(QPalette::Highlight);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(frame, kRound, kRound);
    if (!isDown() && underMouse() && isEnabled()) {
        QColor glow = palette().color(QPalette::ButtonText);
        glow.setAlphaF(0.08);
        painter.setBrush(glow);
        painter.drawRoundedRect(frame, kRound, kRound);
    }
    painter.setBrush(Qt::NoBrush);
    if (cell_.playing) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 2.5));
        painter.drawRoundedRect(frame.adjusted(0.5, 0.5, -0.5, -0.5), kRound, kRound);
    } else if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1.5, Qt::DotLine));
        painter.drawRoundedRect(frame.adjusted(1, 1, -1, -1), kRound, kRound);
    }
}

void GestureButton::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    paint_frame(painter);
    const QRect inside = rect().adjusted(kPadding, kPadding, -kPadding, -kPadding);
    paint_figure(painter, QRectF(inside.center().x() - kFigure / 2.0, inside.top(), kFigure, kFigure));

    const QColor ink = palette().color(cell_.missing || !isEnabled() ? QPalette::Disabled : QPalette::Active, isDown() ? QPalette::HighlightedText : QPalette::ButtonText);
    const int line = fontMetrics().height();
    const QString title = QString::fromStdString(cell_.title);
    const QFont small = smaller(font());
    const bool fits = fontMetrics().boundingRect(title).width() <= inside.width();
    painter.setPen(ink);
    painter.setFont(fits ? font() : small);
    painter.drawText(QRect(inside.left(), inside.top() + kFigure + kPadding / 2, inside.width(), line), Qt::AlignCenter,
                     painter.fontMetrics().elidedText(title, Qt::ElideRight, inside.width()));
    painter.setFont(small);
    const QString below = cell_.missing ? text_of("Panel.Gesture.MissingShort") : !cell_.hotkey.empty() ? QString::fromStdString(cell_.hotkey) : cell_.slot > 0 ? said({"Panel.Gesture.Slot", {std::to_string(cell_.slot)}}) : QString();
    QColor faint = ink;
    faint.setAlphaF(cell_.hotkey.empty() ? 0.6 : 1.0);
    painter.setPen(faint);
    painter.drawText(QRect(inside.left(), inside.bottom() - line + 1, inside.width(), line), Qt::AlignCenter, QFontMetrics(small).elidedText(below, Qt::ElideRight, inside.width()));
}

}  // namespace mirrorme::ui
