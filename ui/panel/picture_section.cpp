#include "ui/panel/picture_section.h"

#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QEvent>
#include <QPointer>
#include <QTimer>

#include <nlohmann/json.hpp>

#include "ui/model/gallery.h"
#include "ui/panel/flow_layout.h"
#include "ui/panel/frontend_bridge.h"
#include "ui/panel/picture_dialog.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr int kFileRole = Qt::UserRole;
constexpr QSize kCurrentSize{64, 96}, kGallerySize{48, 72}, kGalleryCell{60, 84};
constexpr const char* kFolderKey = "PictureFolder";

/// `image` scaled to fill `size`, cut at its sides and bottom: faces are at the top.
QPixmap thumbnail(const QImage& image, QSize size, qreal ratio) {
    const QSize device = size * ratio;
    const QImage scaled = image.scaled(device, Qt::KeepAspectRatioByExpanding, Qt::SmoothTransformation);
    QPixmap pixmap = QPixmap::fromImage(scaled.copy((scaled.width() - device.width()) / 2, 0, device.width(), device.height()));
    pixmap.setDevicePixelRatio(ratio);
    return pixmap;
}

}  // namespace

PictureSection::PictureSection(AvatarLink& link, QWidget* parent) : Section("Panel.Picture", parent), link_(link) {
    build_current();
    build_gallery();
    connect(&link_, &AvatarLink::settings_changed, this, &PictureSection::show_current);
    connect(&link_, &AvatarLink::status_changed, this, &PictureSection::refresh);
}

void PictureSection::build_current() {
    picture_ = new QLabel(this);
    picture_->setFixedSize(kCurrentSize);
    picture_->setAlignment(Qt::AlignCenter);
    picture_->setAccessibleName(text_of("Panel.Picture.Current"));
    name_ = new QLabel(this);
    name_->setTextFormat(Qt::PlainText);
    name_->setWordWrap(true);
    name_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Minimum);
    remark_ = new Note(this);
    problem_ = new Note(this);

    choose_ = new QPushButton(text_of("Panel.Picture.Choose"), this);
    paste_ = new QPushButton(text_of("Panel.Picture.Paste"), this);
    adjust_ = new QPushButton(text_of("Panel.Picture.Adjust"), this);
    choose_->setToolTip(text_of("Panel.Picture.Choose.Hint"));
    paste_->setToolTip(text_of("Panel.Picture.Paste.Hint"));
    adjust_->setToolTip(text_of("Panel.Picture.Adjust.Hint"));
    connect(choose_, &QPushButton::clicked, this, &PictureSection::choose_file);
    connect(paste_, &QPushButton::clicked, this, &PictureSection::paste);
    connect(adjust_, &QPushButton::clicked, this, &PictureSection::adjust);

    auto* buttons = new FlowLayout(nullptr, 6, 3);
    for (QPushButton* button : {choose_, paste_, adjust_}) buttons->addWidget(button);
    auto* hint = new Note(this);
    hint->show_text(text_of("Panel.Picture.DropHint"), Tone::neutral);
    auto* words = new QVBoxLayout;
    words->addWidget(name_);
    words->addWidget(remark_);
    words->addWidget(hint);
    words->addStretch(1);
    auto* current = new QHBoxLayout;
    current->addWidget(picture_, 0, Qt::AlignTop);
    current->addLayout(words, 1);
    content().addLayout(current);
    content().addWidget(problem_);
    content().addLayout(buttons);
}

void PictureSection::build_gallery() {
    gallery_ = new QListWidget(this);
    gallery_->setViewMode(QListView::IconMode);
    gallery_->setMovement(QListView::Static);
    gallery_->setResizeMode(QListView::Adjust);
    gallery_->setUniformItemSizes(true);
    gallery_->setIconSize(kGallerySize);
    gallery_->setGridSize(kGalleryCell);
    gallery_->setSelectionMode(QAbstractItemView::SingleSelection);
    gallery_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    gallery_->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    gallery_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    gallery_->setAccessibleName(text_of("Panel.Picture.Gallery"));
    gallery_->viewport()->installEventFilter(this);

    const QString folder = AvatarLink::data_folder() + QStringLiteral("/avatars/");
    QFile list(folder + QStringLiteral("avatars.json"));
    if (list.open(QIODevice::ReadOnly))
        for (const GalleryPicture& picture : gallery_pictures(list.readAll().toStdString())) {
            auto* item = new QListWidgetItem(gallery_);
            item->setData(kFileRole, QDir::cleanPath(folder + QString::fromStdString(picture.file)));
            item->setData(Qt::AccessibleTextRole, QString::fromStdString(picture.title));
            item->setToolTip(QString::fromStdString(picture.title));
            item->setSizeHint(kGalleryCell);  // before the pictures come, or the view remembers the size of none
        }
    const auto use_item = [this](const QListWidgetItem* item) {
        if (const QString file = item->data(kFileRole).toString(); file != shown_image_) use(offered_file(file));
    };
    connect(gallery_, &QListWidget::itemClicked, this, use_item);
    connect(gallery_, &QListWidget::itemActivated, this, use_item);
    content().addWidget(gallery_);
    gallery_->setVisible(gallery_->count() > 0);
}

void PictureSection::showEvent(QShowEvent* event) {
    Section::showEvent(event);
    draw_next_of_gallery(0);
}

/// One at a time, so that neither OBS's start nor a click waits for all of them.
void PictureSection::draw_next_of_gallery(int index) {
    constexpr int kPauseMs = 10;
    const QListWidgetItem* done = gallery_->item(index);
    if (!done || !isVisible()) return;
    if (done->icon().isNull()) {
        const QImage image = load_picture(done->data(kFileRole).toString(), kGallerySize.height() * 4);
        if (!image.isNull()) gallery_->item(index)->setIcon(QIcon(thumbnail(image, kGallerySize, devicePixelRatioF())));
    }
    QTimer::singleShot(kPauseMs, this, [this, index] { draw_next_of_gallery(index + 1); });
}

void PictureSection::resizeEvent(QResizeEvent* event) {
    Section::resizeEvent(event);
    fit_gallery();
}

bool PictureSection::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) fit_gallery();
    return Section::eventFilter(watched, event);
}

/// As high as its lines need: the panel scrolls, not the gallery within it.
void PictureSection::fit_gallery() {
    const int columns = std::max(1, gallery_->viewport()->width() / gallery_->gridSize().width());
    const int lines = (gallery_->count() + columns - 1) / columns;
    const int height = lines * gallery_->gridSize().height() + 2 * gallery_->frameWidth() + 4;
    if (gallery_->height() != height) gallery_->setFixedHeight(height);
}

void PictureSection::refresh() {
    setEnabled(link_.has_avatar());
    QString remark = offered_remark_;
    Tone tone = Tone::neutral;
    const StatusView& status = link_.status();
    if (status.face != FaceProblem::none && QString::fromStdString(status.face_picture) == shown_image_) {
        remark = text_of(status.face == FaceProblem::not_found ? "Panel.Picture.NoFace" : "Panel.Picture.SmallFace");
        tone = Tone::warning;
    }
    remark_->show_text(remark, tone);
}

QString PictureSection::image_in_use() const {
    const QString image = QString::fromStdString(link_.setting("image"));
    const bool stands_in = image.isEmpty() && link_.has_avatar() && gallery_->count() > 0;  // the source takes the first of the gallery
    return stands_in ? gallery_->item(0)->data(kFileRole).toString() : image;
}

void PictureSection::show_current() {
    const QString image = image_in_use();
    if (image != shown_image_) offered_remark_.clear();
    shown_image_ = image;
    const QImage pixels = image.isEmpty() ? QImage() : load_picture(image, kCurrentSize.height() * 4);
    picture_->setPixmap(pixels.isNull() ? QPixmap() : thumbnail(pixels, kCurrentSize, devicePixelRatioF()));
    picture_->setVisible(!pixels.isNull());
    const std::string file = QFileInfo(image).fileName().toStdString();
    name_->setText(image.isEmpty() ? text_of("Panel.Picture.None") : pixels.isNull() ? said({"Panel.Picture.Unreadable", {file}}) : QString::fromStdString(file));
    name_->setToolTip(QDir::toNativeSeparators(image));
    adjust_->setEnabled(!pixels.isNull());
    for (int i = 0; i < gallery_->count(); ++i)
        if (QListWidgetItem* item = gallery_->item(i)) item->setSelected(item->data(kFileRole).toString() == image);
    refresh();
}

void PictureSection::use(const OfferedPicture& picture) {
    problem_->show_text(picture.problem, Tone::error);
    if (picture.file.isEmpty()) return;
    // Crop and points belong to the picture they were made for.
    const nlohmann::json settings{{"image", picture.file.toStdString()}, {"crop", ""}, {"eyes", ""}, {"mouth", ""}};
    if (!link_.update(settings.dump())) return problem_->show_text(text_of("Panel.AvatarGone"), Tone::error);
    offered_remark_ = picture.remark;
    refresh();
}

void PictureSection::take(const QMimeData& data) {
    if (link_.has_avatar()) use(offered_data(data));
}

void PictureSection::paste() {
    const QMimeData nothing;
    const QMimeData* data = QApplication::clipboard()->mimeData();
    take(data ? *data : nothing);
}

void PictureSection::choose_file() {
    const QPointer<PictureSection> alive(this);  // the dialog may outlast OBS's window
    const QString file = QFileDialog::getOpenFileName(window(), text_of("Panel.Picture.Choose.Title"), stored_folder(kFolderKey),
                                                      text_of("Panel.Picture.Files") + QStringLiteral(" (*.png *.jpg *.jpeg *.webp);;") +
                                                          text_of("Panel.AllFiles") + QStringLiteral(" (*)"));
    if (!alive || file.isEmpty() || !link_.is_open()) return;
    store_text(kFolderKey, QFileInfo(file).absolutePath());
    use(offered_file(file));
}

void PictureSection::adjust() {
    const QString image = image_in_use();
    auto* dialog = new PictureDialog(image, {link_.setting("crop"), link_.setting("eyes"), link_.setting("mouth")}, link_.status().crop, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    if (!dialog->is_usable()) {
        dialog->deleteLater();
        return problem_->show_text(said({"Panel.Picture.Unreadable", {QFileInfo(image).fileName().toStdString()}}), Tone::error);
    }
    connect(dialog, &QDialog::accepted, this, [this, dialog, image] {
        if (image != shown_image_) return;  // another picture came meanwhile; these places are not its own
        const PlacementTexts texts = dialog->texts();
        const nlohmann::json settings{{"image", image.toStdString()}, {"crop", texts.crop}, {"eyes", texts.eyes}, {"mouth", texts.mouth}};
        if (!link_.update(settings.dump())) problem_->show_text(text_of("Panel.AvatarGone"), Tone::error);
    });
    dialog->open();
}

}  // namespace mirrorme::ui
