#include "ui/panel/picture_dialog.h"

#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

#include <array>
#include <utility>

#include "core/error.h"
#include "ui/panel/pictures.h"
#include "ui/panel/section.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr int kLargestShown = 2048;  // pixels a side; editing is in the picture's own

constexpr std::array<std::pair<Handle, const char*>, 9> kHandleNames{{{Handle::crop, "Panel.Adjust.Handle.Crop"},
                                                                      {Handle::top_left, "Panel.Adjust.Handle.TopLeft"},
                                                                      {Handle::top_right, "Panel.Adjust.Handle.TopRight"},
                                                                      {Handle::bottom_left, "Panel.Adjust.Handle.BottomLeft"},
                                                                      {Handle::bottom_right, "Panel.Adjust.Handle.BottomRight"},
                                                                      {Handle::left_eye, "Panel.Adjust.Handle.LeftEye"},
                                                                      {Handle::right_eye, "Panel.Adjust.Handle.RightEye"},
                                                                      {Handle::mouth_left, "Panel.Adjust.Handle.MouthLeft"},
                                                                      {Handle::mouth_right, "Panel.Adjust.Handle.MouthRight"}}};

void suggest_from_sidecar(PictureEditor& editor, const QString& image) {
    try {
        const FacePoints points = face_points_of(read_track(points_sidecar_of(image.toStdString())));
        editor.suggest_points(points.eyes, points.mouth);
    } catch (const Error&) {
        // no sidecar, or one that is of no use here: the guess stays
    }
}

}  // namespace

PictureDialog::PictureDialog(const QString& image, const PlacementTexts& stored, const std::vector<double>& engine_crop, QWidget* parent)
    : QDialog(parent), pixels_(load_picture(image, kLargestShown, &full_)), editor_({static_cast<double>(full_.width()), static_cast<double>(full_.height())}, stored) {
    setWindowTitle(text_of("Panel.Adjust.Title"));
    if (stored.crop.empty()) editor_.suggest_crop(engine_crop);
    suggest_from_sidecar(editor_, image);

    canvas_ = new PictureCanvas(pixels_, editor_, this);
    auto* help = new Note(this);
    help->show_text(text_of("Panel.Adjust.Help"), Tone::neutral);
    crop_automatic_ = new QCheckBox(text_of("Panel.Adjust.CropAutomatic"), this);
    points_automatic_ = new QCheckBox(text_of("Panel.Adjust.PointsAutomatic"), this);
    handles_ = new QComboBox(this);
    for (const auto& [handle, key] : kHandleNames) handles_->addItem(text_of(key), static_cast<int>(handle));
    auto* handles_label = new QLabel(text_of("Panel.Adjust.ArrowKeys"), this);
    handles_label->setBuddy(handles_);
    auto* handles = new QHBoxLayout;
    handles->addWidget(handles_label);
    handles->addWidget(handles_, 1);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel, this);
    buttons->button(QDialogButtonBox::Save)->setText(text_of("Panel.Save"));
    buttons->button(QDialogButtonBox::Cancel)->setText(text_of("Panel.Cancel"));

    auto* layout = new QVBoxLayout(this);
    layout->addWidget(help);
    layout->addWidget(canvas_, 1);
    layout->addWidget(crop_automatic_);
    layout->addWidget(points_automatic_);
    layout->addLayout(handles);
    layout->addWidget(buttons);

    connect(canvas_, &PictureCanvas::edited, this, &PictureDialog::show_state);
    connect(canvas_, &PictureCanvas::selected_changed, this, [this] { handles_->setCurrentIndex(handles_->findData(static_cast<int>(canvas_->selected()))); });
    connect(handles_, QOverload<int>::of(&QComboBox::currentIndexChanged), this, [this](int index) { canvas_->select(static_cast<Handle>(handles_->itemData(index).toInt())); });
    connect(crop_automatic_, &QCheckBox::clicked, this, [this](bool on) {
        on ? editor_.let_engine_crop() : editor_.keep_crop();
        canvas_->update();
    });
    connect(points_automatic_, &QCheckBox::clicked, this, [this](bool on) {
        on ? editor_.let_engine_find_points() : editor_.keep_points();
        canvas_->update();
    });
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    show_state();
    canvas_->setFocus();
}

void PictureDialog::show_state() {
    crop_automatic_->setChecked(editor_.crop_automatic());
    points_automatic_->setChecked(editor_.points_automatic());
}

}  // namespace mirrorme::ui
