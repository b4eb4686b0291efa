#include "ui/panel/thumbnail_view.h"

#include <QEvent>
#include <QPainter>

#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {
constexpr int kPollMs = 100;
}

ThumbnailView::ThumbnailView(QWidget* parent) : QWidget(parent) {
    setAccessibleName(text_of("Panel.Preview"));
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    timer_.setInterval(kPollMs);
    connect(&timer_, &QTimer::timeout, this, &ThumbnailView::poll);
}

void ThumbnailView::set_source(WeakSourceRef source, const QString& placeholder) {
    has_source_ = source != nullptr;
    placeholder_ = placeholder;
    image_ = {};
    if (!closed_) renderer_.set_source(std::move(source));
    update();
}

void ThumbnailView::close() {
    closed_ = true;
    timer_.stop();
    renderer_.stop();
    renderer_.set_source(nullptr);
}

void ThumbnailView::showEvent(QShowEvent*) {
    if (closed_) return;
    tell_target();
    renderer_.start();
    timer_.start();
}

void ThumbnailView::hideEvent(QHideEvent*) {
    timer_.stop();
    if (!closed_) renderer_.stop();
}

void ThumbnailView::resizeEvent(QResizeEvent*) { tell_target(); }

void ThumbnailView::changeEvent(QEvent* event) {
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::StyleChange) tell_target();
    QWidget::changeEvent(event);
}

void ThumbnailView::tell_target() {
    constexpr int kLargest = 1024;  // device pixels
    const qreal ratio = devicePixelRatioF();
    if (!closed_)
        renderer_.set_target(std::min(kLargest, qRound(width() * ratio)), std::min(kLargest, qRound(height() * ratio)), palette().color(QPalette::Base).rgb());
}

void ThumbnailView::poll() {
    if (!closed_ && renderer_.take(image_)) update();
}

void ThumbnailView::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!has_source_ || image_.isNull()) {
        painter.setPen(palette().color(QPalette::Disabled, QPalette::Text));
        painter.drawText(rect().adjusted(12, 12, -12, -12), Qt::AlignCenter | Qt::TextWordWrap, placeholder_);
        return;
    }
    const QSize size = image_.size().scaled(this->size(), Qt::KeepAspectRatio);
    painter.setRenderHint(QPainter::SmoothPixmapTransform);
    painter.drawImage(QRect(QPoint((width() - size.width()) / 2, (height() - size.height()) / 2), size), image_);
}

}  // namespace mirrorme::ui
