#include "ui/panel/frontend_bridge.h"

#include <QDir>
#include <QDockWidget>
#include <QMainWindow>

#include <obs-frontend-api.h>
#include <util/config-file.h>

// Note [One binary, several frontends]
// add_dock_by_id came with OBS 30, add_dock went with 32, the per-user settings were split off with 31. A module is built with the
// oldest headers it supports (newer OBS refuses newer modules), so what the running frontend offers is asked when it runs: weak
// symbols are null where there is none. Elsewhere the headers decide.
#define MIRRORME_HAS_OLD_DOCK (LIBOBS_API_VER < MAKE_SEMANTIC_VERSION(30, 0, 0))
#define MIRRORME_HAS_GLOBAL_CONFIG (LIBOBS_API_VER < MAKE_SEMANTIC_VERSION(31, 0, 0))
#if defined(__ELF__)
extern "C" {
__attribute__((weak)) bool obs_frontend_add_dock_by_id(const char* id, const char* title, void* widget);
__attribute__((weak)) config_t* obs_frontend_get_user_config(void);
#if MIRRORME_HAS_OLD_DOCK
__attribute__((weak)) void* obs_frontend_add_dock(void* dock);
#endif
#if MIRRORME_HAS_GLOBAL_CONFIG
__attribute__((weak)) config_t* obs_frontend_get_global_config(void);
#endif
}
#define MIRRORME_CAN(function) (&(function) != nullptr)
#define MIRRORME_HAS_DOCK_BY_ID 1
#define MIRRORME_HAS_USER_CONFIG 1
#else
#define MIRRORME_CAN(function) true
#define MIRRORME_HAS_DOCK_BY_ID (!MIRRORME_HAS_OLD_DOCK)
#define MIRRORME_HAS_USER_CONFIG (!MIRRORME_HAS_GLOBAL_CONFIG)
#endif

namespace mirrorme::ui {
namespace {

constexpr const char* kSection = "MirrorMe";

config_t* user_config() {
#if MIRRORME_HAS_USER_CONFIG
    if (MIRRORME_CAN(obs_frontend_get_user_config)) return obs_frontend_get_user_config();
#endif
#if MIRRORME_HAS_GLOBAL_CONFIG
    if (MIRRORME_CAN(obs_frontend_get_global_config)) return obs_frontend_get_global_config();
#endif
    return nullptr;
}

#if MIRRORME_HAS_OLD_DOCK
bool add_old_dock(const char* id, const QString& title, QWidget* content) {
    auto* main_window = static_cast<QMainWindow*>(obs_frontend_get_main_window());
    if (main_window->findChild<QDockWidget*>(QString::fromUtf8(id))) return false;  // installed twice
    auto* dock = new QDockWidget(title, main_window);
    dock->setObjectName(QString::fromUtf8(id));  // what OBS saves its place under
    dock->setWidget(content);
    main_window->addDockWidget(Qt::RightDockWidgetArea, dock);
    dock->hide();  // as OBS 30 does: it stays out of the way until OBS restores it or somebody asks
    obs_frontend_add_dock(dock);
    return true;
}
#endif

}  // namespace

bool add_dock(const char* id, const QString& title, QWidget* content) {
#if MIRRORME_HAS_DOCK_BY_ID
    if (MIRRORME_CAN(obs_frontend_add_dock_by_id)) return obs_frontend_add_dock_by_id(id, title.toUtf8().constData(), content);
#endif
#if MIRRORME_HAS_OLD_DOCK
    if (MIRRORME_CAN(obs_frontend_add_dock)) return add_old_dock(id, title, content);
#endif
    return false;
}

void show_dock(QWidget* content) {
    for (QWidget* widget = content; widget; widget = widget->parentWidget())
        if (auto* dock = qobject_cast<QDockWidget*>(widget)) {
            dock->setFloating(false);
            dock->show();
            dock->raise();
            return;
        }
}

QString stored_text(const char* key) {
    config_t* config = user_config();
    const char* value = config ? config_get_string(config, kSection, key) : nullptr;
    return QString::fromUtf8(value ? value : "");
}

void store_text(const char* key, const QString& value) {
    if (config_t* config = user_config()) config_set_string(config, kSection, key, value.toUtf8().constData());
}

QString stored_folder(const char* key) {
    const QString folder = stored_text(key);
    return !folder.isEmpty() && QDir(folder).exists() ? folder : QDir::homePath();
}

}  // namespace mirrorme::ui
