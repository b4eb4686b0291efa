#include "ui/panel/status_sections.h"

#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QPointer>
#include <QTimer>

#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr int kLevelSteps = 100, kCopiedMs = 2000;

QLabel* wrapping_label(QWidget* parent) {
    auto* label = new QLabel(parent);
    label->setTextFormat(Qt::PlainText);
    label->setWordWrap(true);
    label->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);
    return label;
}

QLabel* bold_label(QWidget* parent) {
    QLabel* label = wrapping_label(parent);
    QFont bold = label->font();
    bold.setBold(true);
    label->setFont(bold);
    return label;
}

}  // namespace

SoundSection::SoundSection(AvatarLink& link, QWidget* parent)
    : Section("Panel.Sound", parent), link_(link), lamp_(new QLabel(QStringLiteral("\u25cf"), this)), words_(wrapping_label(this)), level_(new QProgressBar(this)) {
    lamp_->setAccessibleName(text_of("Panel.Sound.Lamp"));
    level_->setRange(0, kLevelSteps);
    level_->setTextVisible(false);
    level_->setFixedHeight(8);
    level_->setAccessibleName(text_of("Panel.Sound.Level"));
    auto* line = new QHBoxLayout;
    line->addWidget(lamp_, 0, Qt::AlignTop);
    line->addWidget(words_, 1);
    content().addLayout(line);
    content().addWidget(level_);
    connect(&link_, &AvatarLink::status_changed, this, &SoundSection::refresh);
    refresh();
}

void SoundSection::refresh() {
    setEnabled(link_.has_avatar());
    const SoundLamp& sound = link_.status().sound;
    set_tone(*lamp_, sound.tone);
    words_->setText(said(sound.text));
    level_->setValue(static_cast<int>(sound.fill * kLevelSteps));
}

DelaySection::DelaySection(AvatarLink& link, QWidget* parent)
    : Section("Panel.Delay", parent),
      link_(link),
      total_(bold_label(this)),
      problem_(new Note(this)),
      rows_(new RowTable(this)),
      measure_(new QPushButton(text_of("Panel.Delay.Measure"), this)) {
    setToolTip(text_of("Panel.Delay.Hint"));
    measure_->setToolTip(text_of("Panel.Delay.Measure.Hint"));
    auto* line = new QHBoxLayout;
    line->addWidget(total_, 1);
    line->addWidget(measure_);
    content().addLayout(line);
    content().addWidget(problem_);
    content().addWidget(rows_);
    connect(measure_, &QPushButton::clicked, &link_, &AvatarLink::measure_delay);
    connect(&link_, &AvatarLink::status_changed, this, &DelaySection::refresh);
    refresh();
}

void DelaySection::refresh() {
    setEnabled(link_.has_avatar());
    const StatusView& status = link_.status();
    total_->setText(status.delay_total.empty() ? text_of("Panel.Delay.Unknown") : said({"Panel.Delay.Total", {said(status.delay_total).toStdString()}}));
    problem_->show_text(said(status.delay_problem), Tone::warning);
    rows_->show_rows(status.delay_rows);
}

EngineSection::EngineSection(AvatarLink& link, QWidget* parent)
    : Section("Panel.Engine", parent),
      link_(link),
      state_(bold_label(this)),
      restart_(new QPushButton(text_of("Panel.Engine.Restart"), this)),
      error_(new Note(this)),
      warnings_(new Note(this)),
      rows_(new RowTable(this)),
      copy_(new QPushButton(text_of("Panel.Diagnostics.Copy"), this)) {
    restart_->setToolTip(text_of("Panel.Engine.Restart.Hint"));
    copy_->setToolTip(text_of("Panel.Diagnostics.Copy.Hint"));
    auto* line = new QHBoxLayout;
    line->addWidget(state_, 1);
    line->addWidget(restart_);
    content().addLayout(line);
    content().addWidget(error_);
    content().addWidget(warnings_);
    content().addWidget(rows_);
    content().addWidget(copy_, 0, Qt::AlignLeft);
    connect(restart_, &QPushButton::clicked, &link_, &AvatarLink::restart_engine);
    connect(copy_, &QPushButton::clicked, this, [this] {
        QApplication::clipboard()->setText(link_.diagnostics());
        copy_->setText(text_of("Panel.Diagnostics.Copied"));
        QTimer::singleShot(kCopiedMs, copy_, [this] { copy_->setText(text_of("Panel.Diagnostics.Copy")); });
    });
    connect(&link_, &AvatarLink::status_changed, this, &EngineSection::refresh);
    refresh();
}

void EngineSection::refresh() {
    const StatusView& status = link_.status();
    state_->setText(link_.has_avatar() ? said(status.engine_state) : text_of("Panel.NoAvatar"));
    set_tone(*state_, link_.has_avatar() ? status.engine_tone : Tone::neutral);
    restart_->setEnabled(link_.has_avatar() && status.can_restart);
    error_->show_text(said(status.engine_error), status.engine_error_tone);
    QString warnings;
    for (const Phrase& warning : status.warnings) warnings += (warnings.isEmpty() ? QString() : QStringLiteral("\n")) + said(warning);
    warnings_->show_text(warnings, Tone::warning);
    std::vector<Row> rows = link_.has_avatar() ? status.engine_rows : std::vector<Row>{};
    if (!rows.empty() && !status.abilities.empty()) rows.insert(rows.begin() + 1, {{"Panel.Engine.Abilities", {}}, Phrase::verbatim(said(status.abilities).toStdString())});
    rows_->show_rows(rows);
}

}  // namespace mirrorme::ui
