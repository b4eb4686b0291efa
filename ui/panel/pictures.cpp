#include "ui/panel/pictures.h"

#include <QBuffer>
#include <QCryptographicHash>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImageReader>
#include <QSaveFile>
#include <QUrl>

#include <obs-module.h>

#include "ui/panel/obs_handles.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

/// Where pasted pictures are kept; empty when it cannot be made.
QString own_folder() {
    const ObsText path(obs_module_config_path("pictures"));
    const QString folder = QString::fromUtf8(path ? path.get() : "");
    return !folder.isEmpty() && QDir().mkpath(folder) ? folder : QString();
}

/// Pictures are saved under a name made of their content: pasting the same one twice keeps one file.
OfferedPicture saved(const QImage& image) {
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    if (image.isNull() || !image.save(&buffer, "PNG")) return {{}, text_of("Panel.Picture.ClipboardEmpty"), {}};
    const QString name = QStringLiteral("pasted-%1.png").arg(QString::fromLatin1(QCryptographicHash::hash(png, QCryptographicHash::Sha1).toHex().left(12)));
    const PictureCheck check = check_picture(std::as_bytes(std::span(png.constData(), static_cast<std::size_t>(png.size()))), text_of("Panel.Picture.Pasted").toStdString());
    if (!check.accepted()) return {{}, said(check.problem), {}};
    const QString folder = own_folder(), path = folder + QLatin1Char('/') + name;
    QSaveFile file(path);
    if (folder.isEmpty() || !file.open(QIODevice::WriteOnly) || file.write(png) != png.size() || !file.commit()) return {{}, said({"Panel.Picture.NotSaved", {path.toStdString()}}), {}};
    return {path, {}, said(check.remark)};
}

QImage read_by_libobs(const QString& path) {
    gs_color_format format = GS_UNKNOWN;
    std::uint32_t width = 0, height = 0;
    const std::unique_ptr<std::uint8_t, void (*)(void*)> pixels(gs_create_texture_file_data(path.toUtf8().constData(), &format, &width, &height), bfree);
    if (!pixels || width == 0 || height == 0) return {};
    const QImage::Format layout = format == GS_BGRA ? QImage::Format_ARGB32 : format == GS_BGRX ? QImage::Format_RGB32 : format == GS_RGBA ? QImage::Format_RGBA8888 : QImage::Format_Invalid;
    if (layout == QImage::Format_Invalid) return {};
    return QImage(pixels.get(), static_cast<int>(width), static_cast<int>(height), static_cast<int>(width * 4), layout).copy();
}

}  // namespace

OfferedPicture offered_file(const QString& path) {
    const std::string name = QFileInfo(path).fileName().toStdString();
    QFile file(path);
    if (!QFileInfo(path).isFile() || !file.open(QIODevice::ReadOnly)) return {{}, said({"Panel.Picture.Unreadable", {name}}), {}};
    if (file.size() > static_cast<qint64>(kLargestPictureFile)) return {{}, said({"Panel.Picture.FileTooLarge", {name}}), {}};
    const uchar* content = file.size() > 0 ? file.map(0, file.size()) : nullptr;
    if (!content && file.size() > 0) return {{}, said({"Panel.Picture.Unreadable", {name}}), {}};
    const PictureCheck check = check_picture(std::as_bytes(std::span(content, static_cast<std::size_t>(file.size()))), name);
    if (!check.accepted()) return {{}, said(check.problem), {}};
    return {QDir::cleanPath(QFileInfo(path).absoluteFilePath()), {}, said(check.remark)};
}

bool may_hold_picture(const QMimeData& data) { return data.hasUrls() || data.hasImage(); }

OfferedPicture offered_data(const QMimeData& data) {
    const QList<QUrl> urls = data.urls();
    for (const QUrl& url : urls)
        if (url.isLocalFile()) return offered_file(url.toLocalFile());
    if (data.hasImage()) return saved(qvariant_cast<QImage>(data.imageData()));
    return {{}, text_of(urls.isEmpty() ? "Panel.Picture.ClipboardEmpty" : "Panel.Picture.Remote"), {}};
}

QImage load_picture(const QString& path, int largest, QSize* full) {
    QImageReader reader(path);
    reader.setDecideFormatFromContent(true);
    reader.setAutoTransform(true);
    const QSize stored = reader.size();
    const bool turned = (reader.transformation() & QImageIOHandler::TransformationRotate90) != 0;
    if (largest > 0 && stored.isValid() && (stored.width() > largest || stored.height() > largest))
        reader.setScaledSize(stored.scaled(largest, largest, Qt::KeepAspectRatio));
    QImage image = reader.read();
    QSize size = turned ? stored.transposed() : stored;
    if (image.isNull()) {
        image = read_by_libobs(path);
        size = image.size();
        if (largest > 0 && !image.isNull() && (image.width() > largest || image.height() > largest))
            image = image.scaled(largest, largest, Qt::KeepAspectRatio, Qt::SmoothTransformation);
    }
    if (full) *full = size.isValid() ? size : image.size();
    return image;
}

}  // namespace mirrorme::ui
