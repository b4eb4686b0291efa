#pragma once
// Pictures from files, the clipboard and drops: checked before anything is applied. Qt thread.

#include <QImage>
#include <QMimeData>
#include <QString>

#include "ui/model/picture_check.h"

namespace mirrorme::ui {

/// A picture somebody offers as the avatar: a file that can be used, or the reason it cannot.
struct OfferedPicture {
    QString file;     // empty when refused
    QString problem;  // for people
    QString remark;   // for people; used all the same
};

/// `path` as it is, after a look at its content.
OfferedPicture offered_file(const QString& path);
/// Whether `data` holds something worth looking at.
bool may_hold_picture(const QMimeData& data);
/// A file, or pixels, which are saved as PNG in the panel's own folder first.
OfferedPicture offered_data(const QMimeData& data);

/// Upright pixels of a picture, at most `largest` a side (0 = as they are); `full` receives its whole size. Null when unreadable.
/// What Qt cannot read (WebP, mostly) is read by libobs.
QImage load_picture(const QString& path, int largest, QSize* full = nullptr);

}  // namespace mirrorme::ui
