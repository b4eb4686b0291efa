#pragma once
// What a slot plays, and how. Qt thread, modal.

#include <QComboBox>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSpinBox>

#include "ui/model/gesture_view.h"

namespace mirrorme::ui {

class SlotDialog : public QDialog {
    Q_OBJECT
public:
    /// `is_new`: the slot is not in the list yet, so it cannot be emptied.
    enum class Kind { existing, new_slot };
    SlotDialog(const GestureView& view, const GestureSlot& slot, Kind kind, QWidget* parent);
    GestureSlot slot() const;
    bool wants_removal() const noexcept { return removal_; }

private:
    void show_limits();

    GestureView view_;
    GestureSlot slot_;
    bool removal_ = false;
    QComboBox* preset_;
    QComboBox* mode_;
    QDoubleSpinBox* return_;
    QSpinBox* priority_;
    QSpinBox* cooldown_;
};

}  // namespace mirrorme::ui
