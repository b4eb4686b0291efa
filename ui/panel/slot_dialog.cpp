#include "ui/panel/slot_dialog.h"

#include <QDialogButtonBox>
#include <QFormLayout>
#include <QPushButton>
#include <QStandardItemModel>
#include <QVBoxLayout>

#include "ui/panel/section.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {

SlotDialog::SlotDialog(const GestureView& view, const GestureSlot& slot, Kind kind, QWidget* parent)
    : QDialog(parent),
      view_(view),
      slot_(slot),
      preset_(new QComboBox(this)),
      mode_(new QComboBox(this)),
      return_(new QDoubleSpinBox(this)),
      priority_(new QSpinBox(this)),
      cooldown_(new QSpinBox(this)) {
    setWindowTitle(said({"Panel.Slot.Title", {std::to_string(slot.slot)}}));
    for (const GesturePreset& preset : view.presets) preset_->addItem(QString::fromStdString(preset.title), QString::fromStdString(preset.name));
    if (preset_->findData(QString::fromStdString(slot.preset)) < 0) preset_->addItem(QString::fromStdString(slot.preset), QString::fromStdString(slot.preset));
    preset_->setCurrentIndex(preset_->findData(QString::fromStdString(slot.preset)));
    for (const char* key : {"Panel.Gesture.Mode.Tap", "Panel.Gesture.Mode.Hold", "Panel.Gesture.Mode.Toggle"}) mode_->addItem(text_of(key));
    mode_->setCurrentIndex(static_cast<int>(slot.mode));

    return_->setRange(0, 60);
    return_->setDecimals(1);
    return_->setSingleStep(0.5);
    return_->setSuffix(text_of("Panel.Unit.SecondsSuffix"));
    return_->setSpecialValueText(text_of("Panel.Slot.Never"));
    return_->setValue(slot.return_s);
    priority_->setRange(-10, 10);
    priority_->setValue(slot.priority);
    cooldown_->setRange(0, 60000);
    cooldown_->setSingleStep(100);
    cooldown_->setSuffix(text_of("Panel.Unit.MillisecondsSuffix"));
    cooldown_->setValue(slot.cooldown_ms);
    return_->setToolTip(text_of("Panel.Slot.Return.Hint"));
    priority_->setToolTip(text_of("Panel.Slot.Priority.Hint"));
    cooldown_->setToolTip(text_of("Panel.Slot.Cooldown.Hint"));

    auto* form = new QFormLayout;
    form->addRow(text_of("Panel.Slot.Preset"), preset_);
    form->addRow(text_of("Panel.Slot.Mode"), mode_);
    form->addRow(text_of("Panel.Slot.Return"), return_);
    form->addRow(text_of("Panel.Slot.Priority"), priority_);
    form->addRow(text_of("Panel.Slot.Cooldown"), cooldown_);
    auto* hint = new Note(this);
    hint->show_text(said({"Panel.Slot.HotkeyHint", {std::to_string(slot.slot)}}), Tone::neutral);

    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Save)->setText(text_of("Panel.Save"));
    buttons->button(QDialogButtonBox::Cancel)->setText(text_of("Panel.Cancel"));
    if (kind == Kind::existing) {
        QPushButton* remove = buttons->addButton(text_of("Panel.Slot.Remove"), QDialogButtonBox::DestructiveRole);
        connect(remove, &QPushButton::clicked, this, [this] {
            removal_ = true;
            accept();
        });
    }
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addLayout(form);
    layout->addWidget(hint);
    layout->addWidget(buttons);

    connect(preset_, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &SlotDialog::show_limits);
    connect(mode_, QOverload<int>::of(&QComboBox::currentIndexChanged), this, &SlotDialog::show_limits);
    show_limits();
    setMinimumWidth(320);
}

/// What a preset cannot do cannot be chosen.
void SlotDialog::show_limits() {
    const GesturePreset* preset = view_.preset(preset_->currentData().toString().toStdString());
    const bool can_hold = !preset || preset->can_hold;
    if (auto* model = qobject_cast<QStandardItemModel*>(mode_->model()))
        for (const GestureMode mode : {GestureMode::hold, GestureMode::toggle}) model->item(static_cast<int>(mode))->setEnabled(can_hold);
    if (!can_hold && mode_->currentIndex() != static_cast<int>(GestureMode::tap)) mode_->setCurrentIndex(static_cast<int>(GestureMode::tap));
    return_->setEnabled(mode_->currentIndex() != static_cast<int>(GestureMode::tap));
}

GestureSlot SlotDialog::slot() const {
    GestureSlot slot = slot_;
    slot.preset = preset_->currentData().toString().toStdString();
    slot.mode = static_cast<GestureMode>(mode_->currentIndex());
    slot.return_s = return_->value();
    slot.priority = priority_->value();
    slot.cooldown_ms = cooldown_->value();
    return checked(slot);
}

}  // namespace mirrorme::ui
