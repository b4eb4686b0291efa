#pragma once
// A titled part of the panel that can be folded away.

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>
#include <QWidget>

#include <vector>

#include "ui/model/phrase.h"

namespace mirrorme::ui {

class Section : public QWidget {
    Q_OBJECT
public:
    Section(const char* title_key, QWidget* parent);
    QVBoxLayout& content() { return *content_; }
    QWidget& header() { return *header_; }  // first in the tab order
    bool is_folded() const { return !header_->isChecked(); }
    void set_folded(bool folded) { header_->setChecked(!folded); }

Q_SIGNALS:
    void folded_changed();

private:
    QToolButton* header_;
    QWidget* body_;
    QVBoxLayout* content_;
};

/// A text that wraps, can be copied and disappears when there is nothing to say.
class Note : public QLabel {
    Q_OBJECT
public:
    explicit Note(QWidget* parent);
    void show_text(const QString& text, Tone tone);
    void clear_text() { show_text({}, Tone::neutral); }
};

/// Two columns of labels that follow a list of rows.
class RowTable : public QWidget {
    Q_OBJECT
public:
    explicit RowTable(QWidget* parent);
    void show_rows(const std::vector<Row>& rows);

private:
    struct Line {
        QLabel* label;
        QLabel* value;
    };
    QGridLayout* grid_;
    std::vector<Line> lines_;
};

}  // namespace mirrorme::ui
