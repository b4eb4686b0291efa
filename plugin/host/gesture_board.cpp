#include "plugin/host/gesture_board.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include <nlohmann/json.hpp>

#include "core/json_fields.h"

namespace mirrorme {
using nlohmann::json;
namespace {

constexpr std::array<std::string_view, 3> kModeNames{"tap", "hold", "toggle"};
constexpr std::array<std::string_view, 4> kEventNames{"queued", "started", "finished", "refused"};
constexpr std::array<std::string_view, 5> kActionNames{"tap", "hold", "toggle", "release", "stop"};
constexpr std::int64_t kEaseGuardLimitNs = 500'000'000;  // a preset may ease in for longer; a second tap need not wait for that

std::int64_t duration_ns(double frames, Rational fps) { return static_cast<std::int64_t>(std::llround(frames / fps.value() * 1e9)); }
int ease_in_of(const KeyPointTrack& track) { return std::max(track.preset->ease_in_frames, 1); }
int ease_out_of(const KeyPointTrack& track) { return std::max(track.preset->ease_out_frames, 1); }

/// Where in a track a gesture held since `elapsed_ns` is, as engine/session/gesture_player.cpp plays it: to its hold span, then to and fro in it.
double held_position(const KeyPointTrack& track, std::int64_t elapsed_ns) {
    const double free_running = static_cast<double>(elapsed_ns) / 1e9 * track.fps.value();
    const auto first = static_cast<double>(track.preset->hold->first), last = static_cast<double>(track.preset->hold->end - 1);
    if (free_running <= last) return free_running;
    const double length = last - first;
    if (length <= 0) return first;
    const double phase = std::fmod(free_running - first, 2 * length);
    return first + (phase <= length ? phase : 2 * length - phase);
}

/// Text from outside as it may be shown: names are plain ASCII, so whatever is not is somebody's mistake, or malice.
std::string shown(std::string_view text) {
    std::string out;
    for (const char c : text.substr(0, 64)) out += c >= 0x20 && c < 0x7f && c != '\'' ? c : '?';
    return out;
}


std::string name_of_slot(int slot) {
    char text[16];
    std::snprintf(text, sizeof text, "slot_%02d", slot);
    return text;
}

GestureSlot clamped(GestureSlot slot) {
    slot.preset = slot.preset.substr(0, 64);
    slot.return_s = std::isfinite(slot.return_s) ? std::clamp(slot.return_s, 0.0, 60.0) : 0;
    slot.priority = std::clamp(slot.priority, -10, 10);
    slot.cooldown_ms = std::clamp(slot.cooldown_ms, 0, 60000);
    return slot;
}

bool slot_exists(int slot) { return slot >= 1 && slot <= kGestureSlots; }

json slot_json(const GestureSlot& slot) {
    const double whole = std::round(slot.return_s);
    json out{{"slot", slot.slot}, {"preset", slot.preset}, {"mode", name_of(slot.mode)}, {"priority", slot.priority}, {"cooldown_ms", slot.cooldown_ms}};
    if (slot.return_s == whole) out["return_s"] = static_cast<int>(whole);
    else out["return_s"] = slot.return_s;
    return out;
}

json preset_json(const GesturePreset& preset) {
    return {{"name", preset.name},         {"title", preset.title}, {"seconds", std::round(preset.seconds * 100) / 100},
            {"can_hold", preset.can_hold}, {"user", preset.user},   {"file", preset.file.filename().string()}};
}

}  // namespace

std::string_view name_of(GestureMode mode) noexcept { return kModeNames[static_cast<std::size_t>(mode)]; }
std::string_view name_of(GestureEventKind kind) noexcept { return kEventNames[static_cast<std::size_t>(kind)]; }

std::optional<GestureMode> gesture_mode_from_name(std::string_view name) noexcept {
    const auto found = std::find(kModeNames.begin(), kModeNames.end(), name);
    if (found == kModeNames.end()) return std::nullopt;
    return static_cast<GestureMode>(found - kModeNames.begin());
}

std::vector<GestureSlot> default_gesture_slots(const GesturePresets& presets) {
    constexpr auto kOrder = std::to_array<std::string_view>({"wave", "point", "open_palms", "show_left", "show_right", "thumbs_up", "point_up", "hold_product",
                                                             "ok", "stop", "thinking", "hand_on_heart", "cheer"});
    std::vector<GestureSlot> slots;
    for (const std::string_view name : kOrder)
        if (presets.find(name) != nullptr) {
            GestureSlot slot;
            slot.slot = static_cast<int>(slots.size()) + 1;
            slot.preset = name;
            if (name == "hold_product") slot.mode = GestureMode::toggle;  // as long as there is something to be said of it
            slots.push_back(std::move(slot));
        }
    return slots;
}

GestureBoard::GestureBoard() : presets_(std::make_shared<const GesturePresets>()) {
    for (int i = 0; i < kGestureSlots; ++i) slots_[static_cast<std::size_t>(i)].slot = i + 1;
}

void GestureBoard::set_presets(std::shared_ptr<const GesturePresets> presets) {
    if (!presets) return;
    const std::lock_guard lock(mutex_);
    presets_.swap(presets);
    std::erase_if(last_start_ns_, [this](const auto& entry) { return presets_->find(entry.first) == nullptr; });
}

void GestureBoard::set_slots(const std::vector<GestureSlot>& slots) {
    std::array<GestureSlot, kGestureSlots> fresh;
    for (int i = 0; i < kGestureSlots; ++i) fresh[static_cast<std::size_t>(i)].slot = i + 1;
    for (const GestureSlot& slot : slots)
        if (slot_exists(slot.slot)) fresh[static_cast<std::size_t>(slot.slot - 1)] = clamped(slot);
    const std::lock_guard lock(mutex_);
    slots_.swap(fresh);
}

void GestureBoard::set_unavailable(std::string why) {
    const std::lock_guard lock(mutex_);
    unavailable_.swap(why);
}

GestureBoard::Found GestureBoard::in_slot(int slot) const {
    if (!slot_exists(slot)) return {nullptr, {}, remark("no_slot", "There is no slot %1.", {std::to_string(slot)})};
    Found found{nullptr, slots_[static_cast<std::size_t>(slot - 1)], {}};
    if (found.slot.preset.empty()) found.problem = remark("slot_empty", "Slot %1 has no gesture.", {std::to_string(slot)});
    else if ((found.preset = presets_->find(found.slot.preset)) == nullptr) found.problem = remark("slot_gesture_gone", "Slot %1 has the gesture '%2', which is not there.", {std::to_string(slot), shown(found.slot.preset)});
    return found;
}

GestureBoard::Found GestureBoard::find(std::string_view gesture) const {
    if (gesture.empty()) return {nullptr, {}, remark("no_gesture_named", "No gesture was named.")};
    if (const int slot = slot_of_name(gesture)) return in_slot(slot);
    Found found{presets_->find(gesture), {}, {}};
    if (found.preset == nullptr) {
        std::vector<std::string_view> names;
        for (const GesturePreset& preset : presets_->presets) names.push_back(preset.name);
        const std::string nearest = gesture.size() <= 64 ? nearest_name(gesture, names) : std::string();
        found.problem = nearest.empty() ? remark("no_such_gesture", "There is no gesture called '%1'.", {shown(gesture)})
                                        : remark("no_such_gesture_but", "There is no gesture called '%1'. Did you mean '%2'?", {shown(gesture), nearest});
        return found;
    }
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const GestureSlot& s) { return s.preset == gesture; });
    if (slot != slots_.end()) found.slot = *slot;
    return found;
}

TriggerResult GestureBoard::press(int slot, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    advance(now_ns);
    if (slot_exists(slot)) {
        bool& down = key_down_[static_cast<std::size_t>(slot - 1)];
        if (down) return {false, remark("key_is_down", "The key is down already."), now_ns_};
        down = true;
    }
    const Found found = in_slot(slot);
    if (found.preset == nullptr) return refuse(name_of_slot(slot), found.problem);
    return start(found, found.slot.mode, found.slot.mode == GestureMode::hold ? slot : 0);
}

void GestureBoard::release(int slot, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    advance(now_ns);
    if (!slot_exists(slot)) return;
    key_down_[static_cast<std::size_t>(slot - 1)] = false;
    if (playing_ && playing_->wish.key == slot && !playing_->let_go) return ease_out(now_ns_);
    const auto waiting = std::find_if(queue_.begin(), queue_.end(), [&](const Wish& w) { return w.key == slot; });
    if (waiting != queue_.end()) drop_waiting(std::string(waiting->preset), "Its key was let go before it could begin.");
}

TriggerResult GestureBoard::trigger(std::string_view gesture, std::string_view action, std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    advance(now_ns);
    const bool any = gesture.empty() && (action == "stop" || action == "release");
    const Found found = any ? Found{} : find(gesture);
    if (!any && found.preset == nullptr) return refuse(shown(gesture), found.problem);
    if (action == "stop") return stop(any ? nullptr : &found);
    if (action == "release") return let_go(found);
    const bool slots_toggle = slot_of_name(gesture) != 0 && found.slot.mode == GestureMode::toggle;
    const auto mode = action.empty() ? (slots_toggle ? GestureMode::toggle : GestureMode::tap) : gesture_mode_from_name(action);
    if (!mode) {
        const std::string nearest = action.size() <= 64 ? nearest_name(action, kActionNames) : std::string();
        return refuse(found.preset->name, nearest.empty() ? remark("no_such_action", "There is no action called '%1'. Use tap, hold, toggle, release or stop.", {shown(action)})
                                                          : remark("no_such_action_but", "There is no action called '%1'. Did you mean '%2'?", {shown(action), nearest}));
    }
    return start(found, *mode, 0);
}

TriggerResult GestureBoard::start(const Found& found, GestureMode mode, int key) {
    const GesturePreset& preset = *found.preset;
    const bool plays_held = playing_ && playing_->wish.preset == preset.name && playing_->wish.held && !playing_->let_go;
    if (mode == GestureMode::toggle) {
        if (plays_held) {
            ease_out(now_ns_);
            return {true, {}, now_ns_};
        }
        if (drop_waiting(preset.name, "It was switched off before it could begin.")) return {true, {}, now_ns_};
    }
    if (mode == GestureMode::hold && plays_held) {  // asked for once more: whoever asked last lets go of it
        playing_->wish.key = key;
        return {true, {}, now_ns_};
    }

    Wish wish{preset.name, preset.title, preset.track, mode != GestureMode::tap, key, found.slot.priority, 0, now_ns_};
    if (wish.held) wish.return_ns = static_cast<std::int64_t>(found.slot.return_s * 1e9);
    if (Remark problem = reason_against(wish, found.slot.cooldown_ms); !problem.empty()) return refuse(preset.name, std::move(problem));

    recent_ns_.push_back(now_ns_);
    if (recent_ns_.size() > kStartsPerSecond) recent_ns_.pop_front();
    if (playing_ && playing_->wish.priority > wish.priority) {
        report(GestureEventKind::queued, wish.preset, now_ns_);
        queue_.push_back(std::move(wish));
    } else {
        begin(std::move(wish), now_ns_);
    }
    return {true, {}, now_ns_};
}

Remark GestureBoard::reason_against(const Wish& wish, int cooldown_ms) const {
    if (!unavailable_.empty()) return {{}, {}, unavailable_};
    if (recent_ns_.size() >= kStartsPerSecond && now_ns_ - recent_ns_.front() < kNanosecondsPerSecond) return remark("too_many_gestures", "Too many gestures were asked for within a second.");
    const auto last = last_start_ns_.find(wish.preset);
    if (last != last_start_ns_.end()) {
        const std::int64_t left_ns = last->second + cooldown_ms * std::int64_t{1'000'000} - now_ns_;
        if (left_ns > 0) {
            char seconds[32];
            std::snprintf(seconds, sizeof seconds, "%.1f", std::ceil(static_cast<double>(left_ns) / 1e8) / 10);
            return remark("cooling_down", "'%1' can be played again in %2 s.", {wish.title, seconds});
        }
    }
    if (playing_ && playing_->wish.preset == wish.preset && !playing_->let_go && !playing_->wish.held && !wish.held) {
        const std::int64_t ease_ns = std::min(duration_ns(ease_in_of(*wish.track), wish.track->fps), kEaseGuardLimitNs);
        if (now_ns_ - playing_->start_ns < ease_ns) return remark("just_begun", "'%1' has only just begun.", {wish.title});
    }
    if (playing_ && playing_->wish.priority > wish.priority) {
        if (std::any_of(queue_.begin(), queue_.end(), [&](const Wish& w) { return w.preset == wish.preset; })) return remark("waits_already", "'%1' is waiting already.", {wish.title});
        if (queue_.size() >= kQueueLimit) return remark("queue_is_full", "%1 gestures are waiting already.", {std::to_string(kQueueLimit)});
    }
    return {};
}

TriggerResult GestureBoard::let_go(const Found& found) {
    const bool any = found.preset == nullptr;
    if (playing_ && playing_->wish.held && !playing_->let_go && (any || playing_->wish.preset == found.preset->name)) {
        ease_out(now_ns_);
        return {true, {}, now_ns_};
    }
    const auto waiting = std::find_if(queue_.begin(), queue_.end(), [&](const Wish& w) { return w.held && (any || w.preset == found.preset->name); });
    if (waiting != queue_.end()) {
        drop_waiting(std::string(waiting->preset), "It was let go before it could begin.");
        return {true, {}, now_ns_};
    }
    return {false, any ? remark("nothing_held", "No gesture is held.") : remark("not_held", "'%1' is not held.", {found.preset->title}), now_ns_};
}

TriggerResult GestureBoard::stop(const Found* found) {
    bool stopped = found == nullptr;  // stopping everything always works
    while (found == nullptr && !queue_.empty()) drop_waiting(std::string(queue_.front().preset), "Everything was stopped.");
    if (found != nullptr) stopped = drop_waiting(found->preset->name, "It was stopped before it could begin.");
    if (playing_ && (found == nullptr || playing_->wish.preset == found->preset->name)) {
        if (!playing_->let_go) ease_out(now_ns_);
        stopped = true;
    }
    if (!stopped) return {false, remark("not_playing", "'%1' is not playing.", {found->preset->title}), now_ns_};
    return {true, {}, now_ns_};
}

TriggerResult GestureBoard::refuse(const std::string& gesture, Remark problem) {
    report(GestureEventKind::refused, gesture, now_ns_, problem.text);
    return {false, std::move(problem), now_ns_};
}

void GestureBoard::advance(std::int64_t now_ns) {
    now_ns_ = std::max(now_ns_, now_ns);
    while (playing_) {
        const Playing& p = *playing_;
        if (!p.let_go && p.wish.return_ns > 0 && p.start_ns + p.wish.return_ns <= now_ns_) {
            ease_out(p.start_ns + p.wish.return_ns);
        } else if (p.end_ns && *p.end_ns <= now_ns_) {
            const std::int64_t end_ns = *p.end_ns;
            finish(end_ns);
            next_in_queue(end_ns);
        } else {
            break;
        }
    }
    drop_stale(now_ns_);
}

void GestureBoard::begin(Wish wish, std::int64_t at_ns) {
    if (playing_) finish(at_ns);
    last_start_ns_[wish.preset] = at_ns;
    tell_engine(wish.held ? CommandKind::hold : CommandKind::gesture, wish, at_ns);
    report(GestureEventKind::started, wish.preset, at_ns);
    playing_ = Playing{std::move(wish), at_ns, false, std::nullopt};
    const KeyPointTrack& track = *playing_->wish.track;
    if (!playing_->wish.held) playing_->end_ns = at_ns + duration_ns(static_cast<double>(track.frame_count()), track.fps);
}

void GestureBoard::finish(std::int64_t at_ns) {
    report(GestureEventKind::finished, playing_->wish.preset, at_ns);
    playing_.reset();
}

/// Lets a held gesture go, or fades a tap out. Not to be called twice for one gesture.
void GestureBoard::ease_out(std::int64_t at_ns) {
    const KeyPointTrack& track = *playing_->wish.track;
    tell_engine(CommandKind::stop, playing_->wish, at_ns);
    playing_->let_go = true;
    const bool way_back = playing_->wish.held && track.preset->hold;  // the track's own; else the engine fades
    const double frames_left = way_back ? static_cast<double>(track.frame_count()) - held_position(track, at_ns - playing_->start_ns) : ease_out_of(track);
    const std::int64_t end_ns = at_ns + duration_ns(frames_left, track.fps);
    playing_->end_ns = playing_->end_ns ? std::min(*playing_->end_ns, end_ns) : end_ns;
}

void GestureBoard::next_in_queue(std::int64_t at_ns) {
    drop_stale(at_ns);
    const auto next = std::max_element(queue_.begin(), queue_.end(), [](const Wish& a, const Wish& b) { return a.priority < b.priority; });  // the first of equals
    if (next == queue_.end()) return;
    Wish wish = std::move(*next);
    queue_.erase(next);
    const std::int64_t begin_ns = std::max(at_ns, wish.asked_ns);
    begin(std::move(wish), begin_ns);
}

void GestureBoard::drop_stale(std::int64_t at_ns) {
    const auto stale = [&](const Wish& w) { return !w.held && at_ns - w.asked_ns >= kWaitLimitNs; };
    for (auto it = std::find_if(queue_.begin(), queue_.end(), stale); it != queue_.end(); it = std::find_if(queue_.begin(), queue_.end(), stale))
        drop_waiting(std::string(it->preset), "It waited too long for its turn.");
}

bool GestureBoard::drop_waiting(std::string_view preset, const char* why) {
    const auto waiting = std::find_if(queue_.begin(), queue_.end(), [&](const Wish& w) { return w.preset == preset; });
    if (waiting == queue_.end()) return false;
    report(GestureEventKind::refused, waiting->preset, now_ns_, why);
    queue_.erase(waiting);
    return true;
}

void GestureBoard::tell_engine(CommandKind kind, const Wish& wish, std::int64_t at_ns) {
    if (commands_.size() >= kCommandLimit) {
        commands_.pop_front();
        ++lost_;
    }
    commands_.push_back({kind, wish.preset, at_ns, kind == CommandKind::stop ? nullptr : wish.track});
}

void GestureBoard::report(GestureEventKind kind, std::string gesture, std::int64_t at_ns, std::string reason) {
    if (events_.size() >= kEventLimit) {
        events_.pop_front();
        ++lost_;
    }
    events_.push_back({kind, std::move(gesture), std::move(reason), at_ns});
}

void GestureBoard::begin_session(std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    advance(now_ns);
    commands_.clear();
    if (!playing_ || !playing_->wish.held || playing_->let_go) return;
    tell_engine(CommandKind::hold, playing_->wish, now_ns_);
    if (playing_->wish.return_ns > 0) playing_->wish.return_ns -= std::min(playing_->wish.return_ns - 1, now_ns_ - playing_->start_ns);
    playing_->start_ns = now_ns_;  // it rises anew
}

std::vector<GestureCommand> GestureBoard::take_due(std::int64_t now_ns) {
    const std::lock_guard lock(mutex_);
    advance(now_ns);
    std::vector<GestureCommand> due(std::make_move_iterator(commands_.begin()), std::make_move_iterator(commands_.end()));
    commands_.clear();
    return due;
}

std::vector<GestureEvent> GestureBoard::take_events() {
    const std::lock_guard lock(mutex_);
    std::vector<GestureEvent> events(std::make_move_iterator(events_.begin()), std::make_move_iterator(events_.end()));
    events_.clear();
    return events;
}

GestureBoard::Summary GestureBoard::summary() const {
    const std::lock_guard lock(mutex_);
    return {playing_ ? playing_->wish.preset : std::string(), queue_.size(), lost_};
}

std::string GestureBoard::title_of(int slot) const {
    const std::lock_guard lock(mutex_);
    const Found found = in_slot(slot);
    return found.preset == nullptr ? std::string() : found.preset->title;
}

std::string GestureBoard::state_json() const {
    std::unique_lock lock(mutex_);
    const auto presets = presets_;
    const auto slots = slots_;
    const std::string playing = playing_ ? playing_->wish.preset : std::string();
    const std::size_t queued = queue_.size();
    lock.unlock();

    json out{{"presets", json::array()}, {"slots", json::array()}, {"playing", playing}, {"queued", queued}, {"folder", presets->user_folder.string()}};
    for (const GesturePreset& preset : presets->presets) out["presets"].push_back(preset_json(preset));
    for (const GestureSlot& slot : slots)
        if (!slot.preset.empty()) out["slots"].push_back(slot_json(slot));
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace mirrorme
