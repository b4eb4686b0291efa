#pragma once
// The calls of OBS's frontend that have changed between versions 29 and 32. Qt thread, while the frontend is there.

#include <QString>
#include <QWidget>

namespace mirrorme::ui {

/// Makes `content` a dock that OBS lists, places and saves under `id`. False when this OBS takes none, or has one of that id;
/// `content` then still belongs to the caller.
bool add_dock(const char* id, const QString& title, QWidget* content);
/// Shows the dock that holds `content`, in the place OBS gave it.
void show_dock(QWidget* content);

/// The panel's own state in OBS's per-user settings; OBS writes the file.
QString stored_text(const char* key);
void store_text(const char* key, const QString& value);
/// A folder stored with store_text, as long as it exists; else the user's own.
QString stored_folder(const char* key);

}  // namespace mirrorme::ui
