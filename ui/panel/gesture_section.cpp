#include "ui/panel/gesture_section.h"

#include <QDateTime>
#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QKeyEvent>
#include <QMenu>
#include <QMessageBox>
#include <QPointer>
#include <QSaveFile>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "ui/panel/frontend_bridge.h"
#include "ui/panel/slot_dialog.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr const char* kFolderKey = "GestureFolder";
constexpr qint64 kLargestPresetFile = 64 << 20;

QString file_filter() { return text_of("Panel.Import.Files") + QStringLiteral(" (*.json);;") + text_of("Panel.AllFiles") + QStringLiteral(" (*)"); }

}  // namespace

GestureSection::GestureSection(AvatarLink& link, QWidget* parent) : Section("Panel.Gestures", parent), link_(link) {
    grid_ = new QWidget(this);
    flow_ = new FlowLayout(grid_, 6, 1.5);
    note_ = new Note(this);
    problem_ = new Note(this);
    stop_ = new QPushButton(text_of("Panel.Gesture.Stop"), this);
    import_ = new QPushButton(text_of("Panel.Import"), this);
    import_->setToolTip(text_of("Panel.Import.Hint"));
    undo_ = new QPushButton(text_of("Panel.Undo"), this);
    redo_ = new QPushButton(text_of("Panel.Redo"), this);
    auto* buttons = new FlowLayout(nullptr, 6, 1.5);
    for (QPushButton* button : {stop_, import_, undo_, redo_}) buttons->addWidget(button);
    content().addWidget(grid_);
    content().addWidget(note_);
    content().addWidget(problem_);
    content().addLayout(buttons);

    connect(stop_, &QPushButton::clicked, this, [this] { problem_->show_text(link_.trigger({}, "stop"), Tone::warning); });
    connect(import_, &QPushButton::clicked, this, &GestureSection::import_preset);
    connect(undo_, &QPushButton::clicked, this, &GestureSection::take_back);
    connect(redo_, &QPushButton::clicked, this, &GestureSection::do_again);
    connect(&link_, &AvatarLink::gestures_view_changed, this, &GestureSection::refresh);
    refresh();
}

GestureButton* GestureSection::make_button() {
    auto* button = new GestureButton(grid_);
    connect(button, &GestureButton::asked, this, [this](const QString& gesture, const QString& action) {
        problem_->show_text(link_.trigger(gesture.toStdString(), action.toStdString()), Tone::warning);
    });
    connect(button, &GestureButton::edit_asked, this, [this, button] { edit(button->cell()); });
    connect(button, &GestureButton::menu_asked, this, [this, button](const QPoint& at) { show_menu(*button, at); });
    return button;
}

void GestureSection::refresh() {
    setEnabled(link_.has_avatar());
    const GestureView& view = link_.gestures();
    const std::vector<GestureCell> cells = gesture_cells(view, link_.hotkeys());
    // Buttons stay where they are, so that one that is held or has the focus is not taken away.
    while (buttons_.size() > cells.size()) {
        buttons_.back()->let_go();
        delete buttons_.back();
        buttons_.pop_back();
    }
    while (buttons_.size() < cells.size()) {
        GestureButton* button = make_button();
        setTabOrder(buttons_.empty() ? &header() : buttons_.back(), button);
        flow_->addWidget(button);
        button->show();
        buttons_.push_back(button);
    }
    for (std::size_t i = 0; i < cells.size(); ++i) buttons_[i]->show_cell(cells[i], track_of(view.preset(cells[i].preset)));
    grid_->setVisible(!cells.empty());
    grid_->updateGeometry();

    const GesturePreset* playing = view.preset(view.playing);
    Phrase note;
    if (cells.empty()) note = {"Panel.Gesture.None", {}};
    else if (view.queued > 0) note = {"Panel.Gesture.PlayingQueued", {playing ? playing->title : view.playing, std::to_string(view.queued)}};
    else if (!view.playing.empty()) note = {"Panel.Gesture.Playing", {playing ? playing->title : view.playing}};
    else note = {"Panel.Gesture.DelayNote", {}};
    note_->show_text(said(note), Tone::neutral);
    stop_->setEnabled(!view.playing.empty() || view.queued > 0);
    import_->setEnabled(!view.folder.empty());
    if (history_of_ != link_.name()) {
        history_of_ = link_.name();
        history_.clear();
    }
    show_history();
}

QString GestureSection::file_of(const GesturePreset& preset) const {
    const QString folder = preset.user ? QString::fromStdString(link_.gestures().folder) : AvatarLink::data_folder() + QStringLiteral("/gestures");
    return folder + QLatin1Char('/') + QFileInfo(QString::fromStdString(preset.file)).fileName();
}

std::shared_ptr<const KeyPointTrack> GestureSection::track_of(const GesturePreset* preset) {
    if (!preset) return nullptr;
    const QString file = file_of(*preset);
    const QFileInfo info(file);
    if (!info.isFile() || info.size() > kLargestPresetFile) return nullptr;
    const qint64 changed = info.lastModified().toMSecsSinceEpoch();
    CachedTrack& cached = tracks_[file];
    if (cached.changed_ms == changed) return cached.track;
    cached = {changed, nullptr};
    try {
        cached.track = std::make_shared<const KeyPointTrack>(read_track(file.toStdString()));
    } catch (const Error&) {
        // no figure; the source says what is wrong with the file when it is to be played
    }
    return cached.track;
}

void GestureSection::edit(const GestureCell& cell) {
    const GestureView& view = link_.gestures();
    const GestureSlot* existing = view.slot(cell.slot);
    GestureSlot slot;
    if (existing) slot = *existing;
    else slot.slot = view.free_slot(), slot.preset = cell.preset;
    if (slot.slot == 0) return problem_->show_text(text_of("Panel.Slot.AllTaken"), Tone::warning);
    auto* dialog = new SlotDialog(view, slot, existing ? SlotDialog::Kind::existing : SlotDialog::Kind::new_slot, window());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, number = slot.slot] {
        const Phrase what{"Panel.Undo.Slot", {std::to_string(number)}};
        change({what, number, dialog->wants_removal() ? std::nullopt : std::optional(dialog->slot()), {}, {}});
    });
    dialog->open();
}

// ---- what can be taken back ---------------------------------------------------------------------------------

GestureHistory::StoreSlots GestureSection::storing() {
    return [this](const std::vector<GestureSlot>& slots) { return link_.update(slots_setting(slots)); };
}

bool GestureSection::change(GestureChange change) {
    return changed([&] { return history_.make(std::move(change), link_.slots(), storing()); });
}

void GestureSection::take_back() {
    if (!history_.undoes()) return;
    const Phrase what = *history_.undoes();
    if (changed([&] { return history_.undo(link_.slots(), storing()); })) problem_->show_text(said({"Panel.Undo.Done", {said(what).toStdString()}}), Tone::neutral);
}

void GestureSection::do_again() {
    if (!history_.redoes()) return;
    const Phrase what = *history_.redoes();
    if (changed([&] { return history_.redo(link_.slots(), storing()); })) problem_->show_text(said({"Panel.Redo.Done", {said(what).toStdString()}}), Tone::neutral);
}

/// Whether `make` has made its change; if not, it says why.
bool GestureSection::changed(const std::function<bool()>& make) {
    problem_->clear_text();
    bool made = false;
    try {
        made = make();
        if (!made) problem_->show_text(text_of("Panel.AvatarGone"), Tone::error);
    } catch (const std::filesystem::filesystem_error& error) {
        problem_->show_text(said({"Panel.Import.NotSaved", {QDir::toNativeSeparators(QString::fromStdString(error.path1().string())).toStdString()}}), Tone::error);
    }
    if (made) link_.update("{}");  // the source looks at its folder again
    show_history();
    return made;
}

void GestureSection::show_history() {
    const auto show = [](QPushButton& button, const Phrase* what, const char* hint) {
        button.setEnabled(what != nullptr);
        button.setToolTip(what ? said({hint, {said(*what).toStdString()}}) : QString());
    };
    show(*undo_, history_.undoes(), "Panel.Undo.Hint");
    show(*redo_, history_.redoes(), "Panel.Redo.Hint");
}

/// Note [Whose Ctrl+Z]
/// OBS's window has these keys for its scenes. A key that is claimed by ShortcutOverride comes as a key press instead, and only where the focus is in here.
bool GestureSection::event(QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride) {
        const auto* key = static_cast<QKeyEvent*>(event);
        if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) event->accept();
    }
    return Section::event(event);
}

void GestureSection::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Undo)) take_back();
    else if (event->matches(QKeySequence::Redo)) do_again();
    else Section::keyPressEvent(event);
}

void GestureSection::show_menu(const GestureButton& button, const QPoint& at) {
    const GestureCell cell = button.cell();
    auto* menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    menu->addAction(text_of(cell.slot > 0 ? "Panel.Gesture.Edit" : "Panel.Gesture.Assign"), this, [this, cell] { edit(cell); });
    QAction* save = menu->addAction(text_of("Panel.Gesture.Export"), this, [this, cell] { export_preset(cell.preset); });
    save->setEnabled(!cell.missing);
    if (cell.slot > 0)
        menu->addAction(text_of("Panel.Slot.Remove"), this, [this, cell] { change({{"Panel.Undo.Slot", {std::to_string(cell.slot)}}, cell.slot, std::nullopt, {}, {}}); });
    if (const GesturePreset* preset = link_.gestures().preset(cell.preset); preset && preset->user)
        menu->addAction(text_of("Panel.Gesture.Delete"), this, [this, cell] { delete_preset(cell.preset); });
    menu->popup(at);
}

void GestureSection::import_preset() {
    const QPointer<GestureSection> alive(this);  // dialogs may outlast OBS's window
    const QString path = QFileDialog::getOpenFileName(window(), text_of("Panel.Import.Title"), stored_folder(kFolderKey), file_filter());
    if (!alive || path.isEmpty() || !link_.is_open()) return;
    store_text(kFolderKey, QFileInfo(path).absolutePath());
    const QString name = QFileInfo(path).fileName();
    QFile file(path);
    if (file.size() > kLargestPresetFile || !file.open(QIODevice::ReadOnly)) return problem_->show_text(said({"Panel.Import.Unreadable", {name.toStdString()}}), Tone::error);
    const QByteArray content = file.readAll();
    const PresetImport import = check_preset({content.constData(), static_cast<std::size_t>(content.size())}, name.toStdString(), link_.gestures());
    if (!import.problem.empty()) return problem_->show_text(said(import.problem), Tone::error);
    if (import.replaces) {
        const auto answer = QMessageBox::question(window(), text_of("Panel.Import.Title"), said({"Panel.Import.Replace", {import.title}}));
        if (!alive || answer != QMessageBox::Yes || !link_.is_open()) return;
    }
    const std::filesystem::path target = std::filesystem::path(link_.gestures().folder) / (import.name + ".json");
    const bool imported = changed([&] {
        const std::filesystem::path fresh = GestureHistory::place_in_trash(target);
        QSaveFile saved(QString::fromStdString(fresh.string()));
        if (!saved.open(QIODevice::WriteOnly) || saved.write(content) != content.size() || !saved.commit())
            throw std::filesystem::filesystem_error("cannot be written", target, std::make_error_code(std::errc::io_error));
        return history_.make({{"Panel.Undo.Import", {import.title}}, 0, std::nullopt, target, fresh}, link_.slots(), storing());
    });
    if (imported) problem_->show_text(said({"Panel.Import.Done", {import.title}}), Tone::good);
}

void GestureSection::delete_preset(const std::string& name) {
    const GesturePreset* preset = link_.gestures().preset(name);
    if (!preset || !preset->user) return;
    change({{"Panel.Undo.Delete", {preset->title}}, 0, std::nullopt, file_of(*preset).toStdString(), {}});
}

void GestureSection::export_preset(const std::string& name) {
    const GesturePreset* preset = link_.gestures().preset(name);
    if (!preset) return;
    const QString source = file_of(*preset), suggested = stored_folder(kFolderKey) + QLatin1Char('/') + QFileInfo(source).fileName();
    const QPointer<GestureSection> alive(this);
    const QString path = QFileDialog::getSaveFileName(window(), text_of("Panel.Export.Title"), suggested, file_filter());
    if (!alive || path.isEmpty() || !link_.is_open()) return;
    store_text(kFolderKey, QFileInfo(path).absolutePath());
    if (QFileInfo(path) == QFileInfo(source)) return;
    if (QFile::exists(path)) QFile::remove(path);  // the dialog has asked
    const bool copied = QFile::copy(source, path);
    problem_->show_text(copied ? QString() : said({"Panel.Import.NotSaved", {QDir::toNativeSeparators(path).toStdString()}}), Tone::error);
}

}  // namespace mirrorme::ui
