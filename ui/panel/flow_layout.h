#pragma once
// Children beside each other: all in one line where they fit, else as many as fit at the widest one's width, then the next line.
// A row of buttons must be one of these: what fits in English need not in German.

#include <QLayout>
#include <QVector>

namespace mirrorme::ui {

class FlowLayout : public QLayout {
public:
    /// `most_growth`: how much wider than their minimum the children may become.
    FlowLayout(QWidget* parent, int spacing, double most_growth);
    ~FlowLayout() override;

    void addItem(QLayoutItem* item) override { items_.append(item); }
    int count() const override { return static_cast<int>(items_.size()); }
    QLayoutItem* itemAt(int index) const override { return items_.value(index); }
    QLayoutItem* takeAt(int index) override;
    Qt::Orientations expandingDirections() const override { return Qt::Horizontal; }
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;
    QSize sizeHint() const override { return minimumSize(); }
    QSize minimumSize() const override;
    void setGeometry(const QRect& area) override;

private:
    QSize largest_hint() const;
    int columns(int width) const;
    int spare_of_one_line(int width) const;

    QVector<QLayoutItem*> items_;
    double most_growth_;
};

}  // namespace mirrorme::ui
