#include "ui/panel/flow_layout.h"

#include <QWidget>

#include <algorithm>

namespace mirrorme::ui {

FlowLayout::FlowLayout(QWidget* parent, int spacing, double most_growth) : QLayout(parent), most_growth_(most_growth) {
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

/// What a line of all children leaves of `width`; negative = they do not fit.
int FlowLayout::spare_of_one_line(int width) const {
    int spare = width + spacing();
    for (const QLayoutItem* item : items_) spare -= item->minimumSize().width() + spacing();
    return spare;
}

int FlowLayout::heightForWidth(int width) const {
    const int lines = spare_of_one_line(width) >= 0 ? std::min(1, count()) : (count() + columns(width) - 1) / columns(width);
    return lines == 0 ? 0 : lines * (largest_hint().height() + spacing()) - spacing();
}

void FlowLayout::setGeometry(const QRect& area) {
    QLayout::setGeometry(area);
    const QSize hint = largest_hint();
    const int spare = spare_of_one_line(area.width());
    if (spare >= 0) {
        int x = area.x();
        for (QLayoutItem* item : items_) {
            const int least = item->minimumSize().width(), width = std::min(least + spare / count(), static_cast<int>(least * most_growth_));
            item->setGeometry({x, area.y(), width, hint.height()});
            x += width + spacing();
        }
        return;
    }
    const int across = columns(area.width());
    // A line that is not full keeps the width of full ones.
    const int width = std::min((area.width() + spacing()) / across - spacing(), static_cast<int>(hint.width() * most_growth_));
    for (int i = 0; i < count(); ++i) {
        const int column = i % across, line = i / across;
        items_[i]->setGeometry({area.x() + column * (width + spacing()), area.y() + line * (hint.height() + spacing()), width, hint.height()});
    }
}

}  // namespace mirrorme::ui
