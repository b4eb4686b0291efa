// The panel as somebody uses it: by keyboard, by drop and paste. Its widgets are real, and so are libobs and the avatar; windows are drawn nowhere.
#include <catch2/catch_test_macros.hpp>

#include <QAbstractButton>
#include <QAccessible>
#include <QApplication>
#include <QClipboard>
#include <QDragEnterEvent>
#include <QMenu>
#include <QMimeData>
#include <QScrollArea>
#include <QUrl>

#include <obs-module.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "obs/host/avatar.h"
#include "support/temp_folder.h"
#include "ui/panel/panel.h"
#include "ui/panel/signal_post.h"

namespace {

std::string language = "en-US";

/// The panel's own texts, which libobs reads for a module.
const std::map<std::string, std::string>& texts() {
    static std::map<std::string, std::map<std::string, std::string>> all;
    auto& texts = all[language];
    if (!texts.empty()) return texts;
    std::ifstream file(MIRRORME_SOURCE_DIR "/ui/locale/" + language + ".ini");
    for (std::string line; std::getline(file, line);)
        if (const std::size_t at = line.find("=\""); at != std::string::npos) texts[line.substr(0, at)] = line.substr(at + 2, line.size() - at - 3);
    return texts;
}

}  // namespace

// What a module has of its own, the panel finds here.
const char* obs_module_text(const char* key) {
    const auto found = texts().find(key);
    return found == texts().end() ? key : found->second.c_str();
}
obs_module_t* obs_current_module() { return obs_get_module("obs-mirrorme"); }

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

void start_qt() {
    ::setenv("QT_QPA_PLATFORM", "offscreen", 1);
    static int count = 1;
    static char name[] = "test_panel";
    static char* arguments[] = {name, nullptr};
    static QApplication application(count, arguments);
}

bool soon(const std::function<bool()>& holds) {
    for (const auto end = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < end;) {
        QApplication::processEvents(QEventLoop::AllEvents, 20);
        if (holds()) return true;
    }
    return false;
}

/// The panel on an avatar with three slots.
struct Dock {
    static constexpr const char* kSlots = R"({"gesture_slots": [{"slot": 1, "preset": "wave", "mode": "tap"}, {"slot": 2, "preset": "point", "mode": "hold"},
                                                                {"slot": 9, "preset": "ok", "mode": "toggle", "priority": 3}]})";
    ObsHost host;
    std::unique_ptr<Avatar> avatar = std::make_unique<Avatar>("Avatar", "", kSlots);
    ui::SignalPost post;
    std::unique_ptr<ui::Panel> panel;

    Dock() {
        start_qt();
        panel = std::make_unique<ui::Panel>(post);
        panel->resize(340, 2400);
        panel->show();
        panel->activateWindow();
        panel->open();
        REQUIRE(soon([&] { return !gesture_buttons().empty() && QApplication::activeWindow() == panel.get(); }));
    }
    ~Dock() { close(); }
    long close() {
        if (panel) panel->close_down();
        panel.reset();
        avatar.reset();
        return host.shut_down();
    }

    std::vector<ui::GestureButton*> gesture_buttons() const {
        const auto found = panel->findChildren<ui::GestureButton*>();
        return {found.begin(), found.end()};
    }
    QAbstractButton* button(const char* key) const {
        for (auto* one : panel->findChildren<QAbstractButton*>())
            if (one->text() == QString::fromUtf8(obs_module_text(key))) return one;
        return nullptr;
    }
    /// Whether a label of the panel says exactly this.
    bool says(const QString& text) const {
        const auto labels = panel->findChildren<QLabel*>();
        return std::any_of(labels.begin(), labels.end(), [&](const QLabel* label) { return label->isVisibleTo(panel.get()) && label->text() == text; });
    }
    nlohmann::json slots() const { return avatar->gestures().at("slots"); }
    std::string setting(const char* key) const {
        const DataPtr settings(obs_source_get_settings(avatar->source()));
        return obs_data_get_string(settings.get(), key);
    }
};

void press(QWidget& widget, int key, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
    for (const QEvent::Type type : {QEvent::ShortcutOverride, QEvent::KeyPress, QEvent::KeyRelease}) {
        QKeyEvent event(type, key, modifiers);
        QApplication::sendEvent(&widget, &event);
    }
}

/// Where Tab leads until it comes round; with Shift backwards.
std::vector<QWidget*> tab_round(ui::Panel& panel, int key) {
    std::vector<QWidget*> visited;
    for (int i = 0; i < 200; ++i) {
        QWidget* focus = QApplication::focusWidget();
        if (focus && std::find(visited.begin(), visited.end(), focus) != visited.end()) break;
        if (focus) visited.push_back(focus);
        press(focus ? *focus : panel, key, key == Qt::Key_Backtab ? Qt::ShiftModifier : Qt::NoModifier);
    }
    return visited;
}

QRect place(const QWidget& widget, const QWidget& body) { return {widget.mapTo(&body, QPoint(0, 0)), widget.size()}; }

TEST_CASE("Tab goes through everything that can be used, in reading order, and everything has a name") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Dock dock;
    QWidget& body = *dock.panel->findChild<QScrollArea*>()->widget();
    std::set<QWidget*> usable;
    for (auto* widget : dock.panel->findChildren<QWidget*>())
        if (widget->isVisibleTo(dock.panel.get()) && widget->isEnabled() && (widget->focusPolicy() & Qt::TabFocus) && !widget->focusProxy()) usable.insert(widget);
    CHECK(usable.size() > 20);
    const std::vector<QWidget*> visited = tab_round(*dock.panel, Qt::Key_Tab);
    CHECK(std::set<QWidget*>(visited.begin(), visited.end()) == usable);
    for (std::size_t i = 0; i < visited.size(); ++i) {
        QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(visited[i]);
        REQUIRE(spoken);
        CAPTURE(i, visited[i]->metaObject()->className(), spoken->text(QAccessible::Name).toStdString());
        CHECK_FALSE(spoken->text(QAccessible::Name).isEmpty());
        if (i == 0) continue;
        const QRect before = place(*visited[i - 1], body), now = place(*visited[i], body);
        const bool below = now.top() >= before.bottom() - 4, beside = now.left() >= before.right() - 4 && now.top() < before.bottom();
        CAPTURE(before.top(), before.left(), now.top(), now.left());
        CHECK((below || beside));
    }
    std::vector<QWidget*> back = tab_round(*dock.panel, Qt::Key_Backtab);
    std::reverse(back.begin(), back.end());
    std::rotate(back.begin(), std::find(back.begin(), back.end(), visited.front()), back.end());
    CHECK(back == visited);
    CHECK(dock.close() == 0);
}

TEST_CASE("in every language each button has a letter of its own") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    for (const char* spoken : {"de-DE", "ja-JP", "ko-KR", "zh-CN", "en-US"}) {
        language = spoken;
        CAPTURE(language);
        Dock dock;
        std::map<std::string, std::string> letters;
        for (const auto* button : dock.panel->findChildren<QPushButton*>()) {
            if (!button->isVisibleTo(dock.panel.get())) continue;
            const std::string letter = QKeySequence::mnemonic(button->text()).toString().toStdString(), text = button->text().toStdString();
            CAPTURE(text, letter, letters[letter]);
            CHECK_FALSE(letter.empty());
            CHECK(letters[letter].empty());
            letters[letter] = text;
        }
        CHECK(letters.size() > 8);
        CHECK(dock.close() == 0);
    }
}

void drop(ui::Panel& panel, const QMimeData& what) {
    QDragEnterEvent enter(QPoint(50, 50), Qt::CopyAction, &what, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&panel, &enter);
    CHECK(enter.isAccepted());
    QDropEvent drop(QPointF(50, 50), Qt::CopyAction, &what, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&panel, &drop);
}

TEST_CASE("a picture that is dropped or pasted is the avatar's; what is none is refused in words") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const TempFolder folder;
    Dock dock;
    QMimeData file;
    file.setUrls({QUrl::fromLocalFile(QStringLiteral(MIRRORME_SOURCE_DIR "/data/avatars/ada.png"))});
    dock.avatar->set(R"({"crop": "1,2,30,40"})");
    drop(*dock.panel, file);
    CHECK(dock.setting("image") == MIRRORME_SOURCE_DIR "/data/avatars/ada.png");
    CHECK(dock.setting("crop").empty());  // it belonged to the picture before

    put(folder / "notes.txt", "no picture at all");
    QMimeData text;
    text.setUrls({QUrl::fromLocalFile(QString::fromStdString((folder / "notes.txt").string()))});
    drop(*dock.panel, text);
    CHECK(dock.setting("image") == MIRRORME_SOURCE_DIR "/data/avatars/ada.png");
    CHECK(dock.says(QString::fromUtf8("“notes.txt” is not a picture. Use a PNG, JPEG or WebP file.")));

    QAbstractButton* paste = dock.button("Panel.Picture.Paste");
    REQUIRE(paste);
    QApplication::clipboard()->clear();
    paste->click();
    CHECK(dock.says(QString::fromUtf8(obs_module_text("Panel.Picture.ClipboardEmpty"))));
    QImage pixels(320, 480, QImage::Format_RGB32);
    pixels.fill(Qt::darkCyan);
    QApplication::clipboard()->setImage(pixels);
    paste->click();
    const std::string pasted = dock.setting("image");
    CHECK(pasted.find("pasted-") != std::string::npos);
    CHECK(QImage(QString::fromStdString(pasted)).size() == pixels.size());
    CHECK(dock.close() == 0);
}

/// Chooses `key` in the context menu of `button`, by keyboard.
void choose(ui::GestureButton& button, const char* key) {
    QContextMenuEvent asked(QContextMenuEvent::Keyboard, QPoint(5, 5), button.mapToGlobal(QPoint(5, 5)));
    QApplication::sendEvent(&button, &asked);
    QAction* action = nullptr;
    REQUIRE(soon([&] {
        for (QWidget* top : QApplication::topLevelWidgets())
            if (auto* menu = qobject_cast<QMenu*>(top); menu && menu->isVisible())
                for (QAction* one : menu->actions())
                    if (one->text() == QString::fromUtf8(obs_module_text(key))) action = one;
        return action != nullptr;
    }));
    action->trigger();
    for (QWidget* top : QApplication::topLevelWidgets())
        if (auto* menu = qobject_cast<QMenu*>(top)) menu->close();
}

TEST_CASE("an emptied slot and a deleted gesture come back by Ctrl+Z and by button") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Dock dock;
    const nlohmann::json before = dock.slots();
    REQUIRE(before.size() == 3);
    CHECK_FALSE(dock.button("Panel.Undo")->isEnabled());
    choose(*dock.gesture_buttons().front(), "Panel.Slot.Remove");
    REQUIRE(soon([&] { return dock.slots().size() == 2; }));
    CHECK(dock.button("Panel.Undo")->isEnabled());
    ui::GestureButton* focused = dock.gesture_buttons().front();
    focused->setFocus();
    press(*focused, Qt::Key_Z, Qt::ControlModifier);
    CHECK(soon([&] { return dock.slots() == before; }));
    CHECK(dock.says(QStringLiteral("Taken back: change of gesture slot 1.")));
    dock.button("Panel.Redo")->click();
    CHECK(soon([&] { return dock.slots().size() == 2; }));
    dock.button("Panel.Undo")->click();
    CHECK(soon([&] { return dock.slots() == before; }));

    // A gesture of the user's own.
    const std::filesystem::path folder = dock.avatar->gestures().at("folder").get<std::string>();
    nlohmann::json track = nlohmann::json::parse(get(MIRRORME_SOURCE_DIR "/data/gestures/wave.json"));
    track["preset"]["name"] = "mine", track["preset"]["title"] = "Mine";
    std::filesystem::create_directories(folder);
    put(folder / "mine.json", track.dump());
    const auto mine = [&]() -> ui::GestureButton* {
        for (auto* button : dock.gesture_buttons())
            if (button->cell().preset == "mine") return button;
        return nullptr;
    };
    REQUIRE(soon([&] { return mine() != nullptr; }));
    choose(*mine(), "Panel.Gesture.Delete");
    CHECK_FALSE(std::filesystem::exists(folder / "mine.json"));
    CHECK(soon([&] { return mine() == nullptr; }));
    dock.button("Panel.Undo")->click();
    CHECK(get(folder / "mine.json") == track.dump());
    CHECK(soon([&] { return mine() != nullptr; }));
    CHECK(dock.close() == 0);
}

}  // namespace
}  // namespace mirrorme::testing
