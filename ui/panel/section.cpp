#include "ui/panel/section.h"

#include "ui/panel/texts.h"

namespace mirrorme::ui {

Section::Section(const char* title_key, QWidget* parent)
    : QWidget(parent), header_(new QToolButton(this)), body_(new QWidget(this)), content_(new QVBoxLayout(body_)) {
    const QString title = text_of(title_key);
    header_->setText(title);
    header_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    header_->setCheckable(true);
    header_->setChecked(true);
    header_->setArrowType(Qt::DownArrow);
    header_->setAutoRaise(true);
    header_->setFocusPolicy(Qt::StrongFocus);
    header_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    QFont bold = header_->font();
    bold.setBold(true);
    header_->setFont(bold);
    body_->setAccessibleName(title);
    content_->setContentsMargins(8, 2, 2, 6);
    content_->setSpacing(6);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(header_);
    layout->addWidget(body_);
    connect(header_, &QToolButton::toggled, this, [this](bool open) {
        body_->setVisible(open);
        header_->setArrowType(open ? Qt::DownArrow : Qt::RightArrow);
        Q_EMIT folded_changed();
    });
}

Note::Note(QWidget* parent) : QLabel(parent) {
    setWordWrap(true);
    setTextFormat(Qt::PlainText);  // what it says may come from elsewhere
    setTextInteractionFlags(Qt::TextSelectableByMouse);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);  // a long word must not widen the panel
    hide();
}

void Note::show_text(const QString& text, Tone tone) {
    if (text != this->text()) setText(text);
    set_tone(*this, tone);
    setVisible(!text.isEmpty());
}

RowTable::RowTable(QWidget* parent) : QWidget(parent), grid_(new QGridLayout(this)) {
    grid_->setContentsMargins(0, 0, 0, 0);
    grid_->setHorizontalSpacing(10);
    grid_->setVerticalSpacing(2);
    grid_->setColumnStretch(1, 1);
}

void RowTable::show_rows(const std::vector<Row>& rows) {
    while (lines_.size() < rows.size()) {
        const int row = static_cast<int>(lines_.size());
        const Line line{new QLabel(this), new QLabel(this)};
        line.label->setTextFormat(Qt::PlainText);
        line.value->setTextFormat(Qt::PlainText);
        line.value->setWordWrap(true);
        line.value->setTextInteractionFlags(Qt::TextSelectableByMouse);
        line.value->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);
        grid_->addWidget(line.label, row, 0, Qt::AlignTop);
        grid_->addWidget(line.value, row, 1, Qt::AlignTop);
        lines_.push_back(line);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        const Line& line = lines_[i];
        const bool used = i < rows.size();
        line.label->setVisible(used);
        line.value->setVisible(used);
        if (!used) continue;
        const QString label = said(rows[i].label), value = said(rows[i].value);
        if (line.label->text() != label) line.label->setText(label);
        if (line.value->text() != value) line.value->setText(value);
        line.value->setAccessibleName(label + QLatin1Char(' ') + value);
        set_tone(*line.value, rows[i].tone);
    }
}

}  // namespace mirrorme::ui
