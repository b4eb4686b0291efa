// The second OBS module: the Qt panel. It knows the source by its settings, procs and signals only (plugin/README.md).

#include <QApplication>
#include <QPointer>

#include <obs-frontend-api.h>
#include <obs-module.h>

#include <cstdlib>
#include <cstring>

#include "ui/panel/frontend_bridge.h"
#include "ui/panel/panel.h"
#include "ui/panel/signal_post.h"
#include "ui/panel/texts.h"

OBS_DECLARE_MODULE()
OBS_MODULE_USE_DEFAULT_LOCALE("obs-mirrorme-ui", "en-US")
MODULE_EXPORT const char* obs_module_name() { return "MirrorMe panel"; }
MODULE_EXPORT const char* obs_module_description() { return obs_module_text("Panel.Description"); }

namespace {

constexpr const char* kDockId = "obs-mirrorme-panel";
constexpr const char* kShownKey = "ShownOnce";

mirrorme::ui::SignalPost signal_post;         // lives as long as the module: libobs's threads may be in it at any time
QPointer<mirrorme::ui::Panel> the_panel;  // owned by its dock

/// Nothing of ours may throw into OBS.
template <class Function>
void guarded(const char* what, Function&& function) noexcept {
    try {
        function();
    } catch (const std::exception& error) {
        blog(LOG_ERROR, "[obs-mirrorme-ui] %s: %s", what, error.what());
    } catch (...) {
        blog(LOG_ERROR, "[obs-mirrorme-ui] %s failed", what);
    }
}

/// A Qt of another major version than OBS's has no application object: OBS 29 of Debian 12 is a Qt 5 program, newer ones are Qt 6.
bool is_qt_of_obs() { return qobject_cast<QApplication*>(QCoreApplication::instance()) && std::atoi(qVersion()) == QT_VERSION_MAJOR; }

void on_event(obs_frontend_event event, void*) {
    guarded("frontend event", [&] {
        if (!the_panel) return;
        if (event == OBS_FRONTEND_EVENT_FINISHED_LOADING) {
            the_panel->open();
            // OBS leaves new docks closed; whoever installs the plugin sees it once without looking for it.
            if (mirrorme::ui::stored_text(kShownKey).isEmpty()) mirrorme::ui::show_dock(the_panel);
            mirrorme::ui::store_text(kShownKey, QStringLiteral("1"));
        } else if (event == OBS_FRONTEND_EVENT_EXIT) {
            the_panel->close_down();
        }
    });
}

}  // namespace

bool obs_module_load() {
    guarded("load", [] {
        if (!is_qt_of_obs()) {
            blog(LOG_INFO, "[obs-mirrorme-ui] no panel: OBS runs without Qt %d. Everything is in the source's properties.", QT_VERSION_MAJOR);
            return;
        }
        if (!obs_frontend_get_main_window()) {
            blog(LOG_INFO, "[obs-mirrorme-ui] no panel: there is no OBS window");
            return;
        }
        auto* panel = new mirrorme::ui::Panel(signal_post);
        if (!mirrorme::ui::add_dock(kDockId, mirrorme::ui::text_of("Panel.Title"), panel)) {
            delete panel;
            blog(LOG_WARNING, "[obs-mirrorme-ui] no panel: this OBS takes no docks, or has this one from another folder already");
            return;
        }
        the_panel = panel;
        obs_frontend_add_event_callback(on_event, nullptr);
        blog(LOG_INFO, "[obs-mirrorme-ui] version %s, Qt %s", MIRRORME_VERSION, qVersion());
    });
    return true;
}

void obs_module_unload() {
    guarded("unload", [] {
        if (the_panel) the_panel->close_down();  // a frontend that ends without the exit event
        signal_post.close();
    });
}
