#include "ui/panel/avatar_link.h"

#include <QDir>
#include <QGuiApplication>
#include <QSysInfo>

#include <obs-module.h>
#include <util/dstr.h>
#include <util/platform.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "ui/model/diagnostics.h"
#include "ui/model/gallery.h"
#include "ui/panel/texts.h"

namespace mirrorme::ui {
namespace {

constexpr const char* kSourceId = "mirrorme_avatar";
constexpr const char* kSourceModule = "obs-mirrorme";
constexpr int kPollMs = 500;

bool is_avatar(obs_source_t* source) {
    const char* id = obs_source_get_unversioned_id(source);
    return id && std::strcmp(id, kSourceId) == 0 && !obs_source_removed(source);
}

QStringList names_of_all(bool (*wanted)(obs_source_t*)) {
    struct Search {
        bool (*wanted)(obs_source_t*);
        QStringList names;
    } search{wanted, {}};
    obs_enum_sources(
        [](void* data, obs_source_t* source) {
            auto* search = static_cast<Search*>(data);
            if (search->wanted(source)) search->names.append(QString::fromUtf8(obs_source_get_name(source)));
            return true;
        },
        &search);
    return search.names;
}

std::vector<std::string> to_strings(const QStringList& list) {
    std::vector<std::string> strings;
    for (const QString& one : list) strings.push_back(one.toStdString());
    return strings;
}

/// The scene that is being edited: in Studio Mode the preview.
SourceRef edited_scene() {
    return SourceRef(obs_frontend_preview_program_mode_active() ? obs_frontend_get_current_preview_scene() : obs_frontend_get_current_scene());
}

std::string spelled(obs_key_combination_t combination) {
    dstr text{};
    obs_key_combination_to_str(combination, &text);
    std::string spelled = text.array ? text.array : "";
    dstr_free(&text);
    return spelled;
}

HostFacts host_facts() {
    return {{"Panel", MIRRORME_VERSION},
            {"OBS", obs_get_version_string()},
            {"Qt", qVersion()},
            {"System", QSysInfo::prettyProductName().toStdString() + ", " + QSysInfo::currentCpuArchitecture().toStdString()},
            {"Windows by", QGuiApplication::platformName().toStdString()}};
}

}  // namespace

AvatarLink::AvatarLink(SignalPost& post, QObject* parent) : SignalReceiver(parent), post_(post) {
    timer_.setInterval(kPollMs);
    connect(&timer_, &QTimer::timeout, this, &AvatarLink::refresh);
}

AvatarLink::~AvatarLink() { close(); }

void AvatarLink::open(const QString& wanted) {
    if (!open_) post_.open(*this);
    open_ = true;
    wanted_ = wanted;
    sources_changed();
}

void AvatarLink::close() {
    if (!open_) return;
    open_ = false;
    timer_.stop();
    detach();
    post_.close();
}

void AvatarLink::set_watching(bool on) {
    if (on && open_) {
        refresh();
        timer_.start();
    } else {
        timer_.stop();
    }
}

SourceRef AvatarLink::source() const { return SourceRef(weak_ ? obs_weak_source_get_source(weak_.get()) : nullptr); }

WeakSourceRef AvatarLink::weak_reference() const {
    if (!weak_) return nullptr;
    obs_weak_source_addref(weak_.get());
    return WeakSourceRef(weak_.get());
}

void AvatarLink::choose(const QString& name) {
    if (!open_) return;
    wanted_ = name;
    sources_changed();
}

bool AvatarLink::module_loaded() { return obs_source_get_display_name(kSourceId) != nullptr; }

QString AvatarLink::data_folder() {
    const char* folder = nullptr;
    if (obs_module_t* module = obs_get_module(kSourceModule)) folder = obs_get_module_data_path(module);
    return QString::fromUtf8(folder ? folder : "");
}

bool AvatarLink::add_avatar() {
    const SourceRef scene_source = edited_scene();
    obs_scene_t* scene = obs_scene_from_source(scene_source.get());
    if (!open_ || !scene || !module_loaded()) return false;
    const std::vector<std::string> taken = to_strings(names_of_all([](obs_source_t*) { return true; }));
    const std::string name = free_name(obs_source_get_display_name(kSourceId), taken);
    const SourceRef avatar(obs_source_create(kSourceId, name.c_str(), nullptr, nullptr));
    if (!avatar) return false;
    obs_scene_add(scene, avatar.get());
    choose(QString::fromStdString(name));
    return true;
}

void AvatarLink::sources_changed() {
    if (!open_) return;
    // Renamed: the reference we hold knows the new name.
    if (const SourceRef held = source(); held && is_avatar(held.get())) {
        const QString name = QString::fromUtf8(obs_source_get_name(held.get()));
        if (name != name_ && wanted_ == name_) wanted_ = name;
        name_ = name;
    }
    names_ = names_of_all(is_avatar);
    names_.sort(Qt::CaseInsensitive);
    const QString chosen = QString::fromStdString(chosen_avatar(to_strings(names_), wanted_.toStdString()));
    const SourceRef held = source();
    if (chosen != name_ || !held || !is_avatar(held.get())) attach(chosen);
    Q_EMIT avatars_changed();
}

void AvatarLink::attach(const QString& name) {
    detach();
    name_ = name;
    if (const SourceRef found{name.isEmpty() ? nullptr : obs_get_source_by_name(name.toUtf8().constData())}; found && is_avatar(found.get())) {
        weak_.reset(obs_source_get_weak_source(found.get()));
        identity_ = reinterpret_cast<quintptr>(found.get());
        post_.connect_source(found.get());
        read_hotkeys();
    }
    refresh();
}

void AvatarLink::detach() {
    // A source that can no longer be referenced takes its signals with it.
    if (const SourceRef held = source()) post_.disconnect_source(held.get());
    weak_.reset();
    identity_ = 0;
    name_.clear();
    status_json_.clear();
    gestures_json_.clear();
    settings_seen_.clear();
    hotkeys_.clear();
    status_ = {};
    gestures_ = {};
}

std::string AvatarLink::setting(const char* key) const {
    const SourceRef held = source();
    const DataRef settings(held ? obs_source_get_settings(held.get()) : nullptr);
    const char* value = settings ? obs_data_get_string(settings.get(), key) : nullptr;
    return value ? value : "";
}

std::vector<GestureSlot> AvatarLink::slots() const {
    const SourceRef held = source();
    const DataRef settings(held ? obs_source_get_settings(held.get()) : nullptr), view(obs_data_create());
    if (!settings) return {};
    obs_data_array_t* stored = obs_data_get_array(settings.get(), "gesture_slots");
    obs_data_set_array(view.get(), "slots", stored);
    obs_data_array_release(stored);
    return gesture_view(obs_data_get_json(view.get())).slots;
}

bool AvatarLink::update(const std::string& settings_json) {
    const SourceRef held = source();
    const DataRef settings(obs_data_create_from_json(settings_json.c_str()));
    if (!held || !settings) return false;
    obs_source_update(held.get(), settings.get());
    refresh();
    return true;
}

bool AvatarLink::call(const char* proc) {
    const SourceRef held = source();
    CallData data;
    return held && proc_handler_call(obs_source_get_proc_handler(held.get()), proc, data.get());
}

std::string AvatarLink::answer(const char* proc, const char* field) const {
    const SourceRef held = source();
    CallData data;
    if (!held || !proc_handler_call(obs_source_get_proc_handler(held.get()), proc, data.get())) return {};
    return data.text(field);
}

QString AvatarLink::trigger(const std::string& gesture, std::string_view action) {
    const SourceRef held = source();
    CallData data;
    data.set("gesture", gesture.c_str());
    data.set("action", std::string(action).c_str());
    if (!held || !proc_handler_call(obs_source_get_proc_handler(held.get()), "mirrorme_trigger", data.get())) return text_of("Panel.NoAnswer");
    if (data.flag("accepted")) return {};
    const QString problem = QString::fromUtf8(data.text("problem"));
    return problem.isEmpty() ? text_of("Panel.Gesture.Refused") : problem;
}

QString AvatarLink::diagnostics() const {
    HostFacts facts = host_facts();
    facts.emplace_back("Avatars", std::to_string(names_.size()));
    return QString::fromStdString(
        diagnostics_text(facts, answer("mirrorme_diagnostics", "text"), status_json_, QDir::toNativeSeparators(QDir::homePath()).toStdString()));
}

void AvatarLink::refresh() {
    if (!open_) return;
    if (weak_ && !source()) return sources_changed();  // it went without a word
    take_status(weak_ ? answer("mirrorme_status", "json") : std::string());
    refresh_gestures();
    std::string seen;
    for (const char* key : {"image", "crop", "eyes", "mouth"}) seen += setting(key) + '\n';
    if (seen != settings_seen_) {
        settings_seen_ = seen;
        Q_EMIT settings_changed();
    }
}

void AvatarLink::take_status(const std::string& json) {
    if (json == status_json_ && status_.known) return;
    status_json_ = json;
    status_ = status_view(json);
    Q_EMIT status_changed();
}

void AvatarLink::refresh_gestures() {
    const std::string json = weak_ ? answer("mirrorme_gestures", "json") : std::string();
    if (json == gestures_json_) return;
    gestures_json_ = json;
    gestures_ = gesture_view(json);
    Q_EMIT gestures_view_changed();
}

void AvatarLink::state_arrived(quintptr source, const QByteArray& json) {
    if (open_ && source == identity_) take_status(json.toStdString());
}

void AvatarLink::gestures_changed(quintptr source) {
    if (open_ && source == identity_) refresh();
}

void AvatarLink::hotkeys_changed() {
    if (!open_) return;
    read_hotkeys();
    Q_EMIT gestures_view_changed();
}

void AvatarLink::read_hotkeys() {
    // Which hotkeys are this source's slots, then which keys are bound to them; neither list may be asked for within the other.
    struct Search {
        const obs_weak_source_t* avatar;
        std::map<obs_hotkey_id, int> slots;
        std::map<int, std::string> texts;
        std::vector<std::pair<int, obs_key_combination_t>> keys;
    } search{weak_.get(), {}, {}, {}};
    hotkeys_.clear();
    if (!weak_) return;
    obs_enum_hotkeys(
        [](void* data, obs_hotkey_id id, obs_hotkey_t* hotkey) {
            auto* search = static_cast<Search*>(data);
            if (obs_hotkey_get_registerer_type(hotkey) != OBS_HOTKEY_REGISTERER_SOURCE || obs_hotkey_get_registerer(hotkey) != search->avatar) return true;
            if (const int slot = slot_of_hotkey(obs_hotkey_get_name(hotkey))) search->slots[id] = slot;
            return true;
        },
        &search);
    obs_enum_hotkey_bindings(
        [](void* data, std::size_t, obs_hotkey_binding_t* binding) {
            auto* search = static_cast<Search*>(data);
            const auto slot = search->slots.find(obs_hotkey_binding_get_hotkey_id(binding));
            if (slot != search->slots.end()) search->keys.emplace_back(slot->second, obs_hotkey_binding_get_key_combination(binding));
            return true;
        },
        &search);
    for (const auto& [slot, key] : search.keys) {
        std::string& text = hotkeys_[slot];
        text += (text.empty() ? "" : ", ") + spelled(key);
    }
}

}  // namespace mirrorme::ui
