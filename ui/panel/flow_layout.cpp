#include "ui/panel/flow_layout.h"

#include <QWidget>

#include <algorithm>

namespace mirrorme::ui {

FlowLayout::FlowLayout(QWidget* parent, int spacing) : QLayout(parent) {
    setContentsMargins(0, 0, 0, 0);
    setSpacing(spacing);
}

FlowLayout::~FlowLayout() { qDeleteAll(items_); }

QLayoutItem* FlowLayout::takeAt(int index) { return index >= 0 && index < items_.size() ? items_.takeAt(index) : nullptr; }

QSize FlowLayout::largest_hint() const {
    QSize size;
    for (const QLayoutItem* item : items_) size = size.expandedTo(item->minimumSize());
    return size;
}

QSize FlowLayout::minimumSize() const { return largest_hint(); }

int FlowLayout::columns(int width) const { return std::max(1, (width + spacing()) / std::max(1, largest_hint().width() + spacing())); }

int FlowLayout::heightForWidth(int width) const {
    const int lines = (count() + columns(width) - 1) / columns(width);
    return lines == 0 ? 0 : lines * (largest_hint().height() + spacing()) - spacing();
}

void FlowLayout::setGeometry(const QRect& area) {
    QLayout::setGeometry(area);
    const QSize hint = largest_hint();
    const int across = columns(area.width());
    // A line that is not full keeps the width of full ones; beyond half as wide again they stop growing.
    const int width = std::min((area.width() + spacing()) / across - spacing(), hint.width() * 3 / 2);
    for (int i = 0; i < count(); ++i) {
        const int column = i % across, line = i / across;
        items_[i]->setGeometry({area.x() + column * (width + spacing()), area.y() + line * (hint.height() + spacing()), width, hint.height()});
    }
}

}  // namespace mirrorme::ui
