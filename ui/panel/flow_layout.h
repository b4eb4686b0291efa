#pragma once
// Children beside each other, as many as fit, then the next line. They share the width of a line evenly.

#include <QLayout>
#include <QVector>

namespace mirrorme::ui {

class FlowLayout : public QLayout {
public:
    FlowLayout(QWidget* parent, int spacing);
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

    QVector<QLayoutItem*> items_;
};

}  // namespace mirrorme::ui
