#pragma once
// "Adjust picture": crop box, eyes and mouth, or leave them to the engine. Qt thread, modal.

#include <QCheckBox>
#include <QComboBox>
#include <QDialog>

#include "ui/model/picture_editor.h"
#include "ui/panel/picture_canvas.h"

namespace mirrorme::ui {

class PictureDialog : public QDialog {
    Q_OBJECT
public:
    /// `engine_crop`: what the engine shows of the picture at present, empty when unknown.
    PictureDialog(const QString& image, const PlacementTexts& stored, const std::vector<double>& engine_crop, QWidget* parent);
    bool is_usable() const noexcept { return !editor_.picture().empty(); }
    PlacementTexts texts() const { return editor_.texts(); }

private:
    void show_state();

    QSize full_;  // of the picture, upright; written while pixels_ is made
    QImage pixels_;
    PictureEditor editor_;
    PictureCanvas* canvas_;
    QCheckBox* crop_automatic_;
    QCheckBox* points_automatic_;
    QComboBox* handles_;
};

}  // namespace mirrorme::ui
