#include "plugin/delay_book.h"

#include <obs-module.h>
#include <util/platform.h>

#include <algorithm>
#include <utility>

#include "core/remark.h"

namespace mirrorme {
namespace {

constexpr const char* kMark = "obs-mirrorme";  // in a voice's private settings

/// Note [Twice]
/// libobs (29 to 32) looks at a source's sync offset once a block and ignores a change away from 0: the source goes on where it was. Only the next
/// change takes. So the offset is set a millisecond too large first, and right when a block has gone by.
constexpr std::int64_t kNudgeNs = 1'000'000;
constexpr std::int64_t kBlockGoneNs = 50'000'000;  // a block heard this long after a change was placed after it

std::int64_t value_of(DelayMode mode, obs_source_t* voice) {
    return mode == DelayMode::offset ? obs_source_get_sync_offset(voice) : static_cast<std::int64_t>(obs_source_get_audio_mixers(voice));
}

void set_value(DelayMode mode, obs_source_t* voice, std::int64_t value) {
    if (mode == DelayMode::offset) obs_source_set_sync_offset(voice, value);
    else obs_source_set_audio_mixers(voice, static_cast<std::uint32_t>(value));
}

void write_mark(obs_source_t* voice, DelayMode mode, std::int64_t original, std::int64_t applied) {
    const obs::Data settings(obs_source_get_private_settings(voice)), mark(obs_data_create());
    obs_data_set_string(mark.get(), "mode", std::string(name_of(mode)).c_str());
    obs_data_set_int(mark.get(), "original", original);
    obs_data_set_int(mark.get(), "applied", applied);
    obs_data_set_obj(settings.get(), kMark, mark.get());
}

void erase_mark(obs_source_t* voice) {
    const obs::Data settings(obs_source_get_private_settings(voice));
    obs_data_erase(settings.get(), kMark);
}

}  // namespace

DelayBook::DelayBook() {
    signal_handler_t* signals = obs_get_signal_handler();
    signal_handler_connect(signals, "source_load", appeared, this);
    signal_handler_connect(signals, "channel_change", appeared, this);
}

DelayBook::~DelayBook() {
    signal_handler_t* signals = obs_get_signal_handler();
    signal_handler_disconnect(signals, "source_load", appeared, this);
    signal_handler_disconnect(signals, "channel_change", appeared, this);
    for (auto& [key, entry] : entries_) undo(entry);
}

/// A source was loaded or became a global device.
void DelayBook::appeared(void* self, calldata_t* data) {
    auto* source = static_cast<obs_source_t*>(calldata_ptr(data, "source"));
    if (source && (obs_source_get_output_flags(source) & OBS_SOURCE_AUDIO) != 0) static_cast<DelayBook*>(self)->recover(source);
}

bool DelayBook::claim(const void* owner, const Wish& wish, obs_source_t* voice, std::string& problem) {
    obs::WeakSource weak = obs::weak_of(voice);
    const std::lock_guard lock(mutex_);
    release_locked(owner, weak.get());
    auto found = entries_.find(weak.get());
    if (found != entries_.end() && found->second.mode != wish.mode) {
        if (found->second.owners.size() > 1 || !found->second.owners.contains(owner)) {
            problem = filled(obs_module_text("Status.OtherAvatar"), {obs::name_of(voice)});
            return false;
        }
        release_locked(owner);
        found = entries_.end();
    }
    if (found == entries_.end()) {
        recover_locked(voice);
        Entry entry;
        entry.mode = wish.mode;
        entry.original = entry.applied = value_of(wish.mode, voice);
        obs_weak_source_t* key = weak.get();
        entry.voice = std::move(weak);
        found = entries_.emplace(key, std::move(entry)).first;
    }
    found->second.owners[owner] = wish.ns;
    apply(found->second, voice, wish.heard_ns);
    return found->second.nudged_ns == 0;
}

void DelayBook::set(Entry& entry, obs_source_t* voice, std::int64_t value) {
    write_mark(voice, entry.mode, entry.original, value);
    set_value(entry.mode, voice, value);
    entry.applied = value;
}

void DelayBook::apply(Entry& entry, obs_source_t* voice, std::int64_t heard_ns) {
    const std::int64_t now = value_of(entry.mode, voice);
    if (entry.mode == DelayMode::own) {
        if (now == 0) return;
        entry.original = now;
        set(entry, voice, 0);
        blog(LOG_INFO, "[obs-mirrorme] '%s': taken out of the mix, played by the avatar's source", obs_source_get_name(voice));
        return;
    }
    if (now != entry.applied) {  // somebody's wish: L comes on top
        entry.original += now - entry.applied;
        entry.applied = now;
    }
    std::int64_t target = entry.original;
    for (const auto& [owner, ns] : entry.owners) target = std::max(target, entry.original + ns);
    if (entry.nudged_ns == 0 && target == now) return;
    if (entry.nudged_ns == 0 || (now != target && now != target + kNudgeNs)) {
        set(entry, voice, target + kNudgeNs);
        entry.nudged_ns = static_cast<std::int64_t>(os_gettime_ns());
    } else if (heard_ns - entry.nudged_ns > kBlockGoneNs) {
        set(entry, voice, target);
        entry.nudged_ns = 0;
        blog(LOG_INFO, "[obs-mirrorme] '%s': sync offset %.0f ms, to match the avatar", obs_source_get_name(voice), static_cast<double>(target) / 1e6);
    }
}

void DelayBook::undo(Entry& entry) {
    const obs::Source voice = obs::source_of(entry.voice.get());
    if (!voice) return;
    const std::int64_t now = value_of(entry.mode, voice.get());
    if (now == entry.applied) set_value(entry.mode, voice.get(), entry.original);
    else if (entry.mode == DelayMode::offset) set_value(entry.mode, voice.get(), entry.original + now - entry.applied);
    erase_mark(voice.get());
    blog(LOG_INFO, "[obs-mirrorme] '%s': delay undone", obs_source_get_name(voice.get()));
}

void DelayBook::release(const void* owner) {
    const std::lock_guard lock(mutex_);
    release_locked(owner);
}

/// Of every voice but the one called `keep`.
void DelayBook::release_locked(const void* owner, const obs_weak_source_t* keep) {
    for (auto entry = entries_.begin(); entry != entries_.end();) {
        if (entry->first == keep || entry->second.owners.erase(owner) == 0) {
            ++entry;
        } else if (entry->second.owners.empty()) {
            undo(entry->second);
            entry = entries_.erase(entry);
        } else {
            if (const obs::Source voice = obs::source_of(entry->second.voice.get())) apply(entry->second, voice.get(), 0);
            ++entry;
        }
    }
}

void DelayBook::recover(obs_source_t* voice) {
    const std::lock_guard lock(mutex_);
    recover_locked(voice);
}

void DelayBook::recover_locked(obs_source_t* voice) {
    const obs::WeakSource weak = obs::weak_of(voice);
    if (entries_.contains(weak.get())) return;
    const obs::Data settings(obs_source_get_private_settings(voice));
    const obs::Data mark(obs_data_get_obj(settings.get(), kMark));
    if (!mark) return;
    const char* text = obs_data_get_string(mark.get(), "mode");
    const DelayMode mode = text && name_of(DelayMode::own) == text ? DelayMode::own : DelayMode::offset;
    if (value_of(mode, voice) == obs_data_get_int(mark.get(), "applied")) {
        set_value(mode, voice, obs_data_get_int(mark.get(), "original"));
        blog(LOG_INFO, "[obs-mirrorme] '%s': delay of an earlier run undone", obs_source_get_name(voice));
    }
    erase_mark(voice);
}

}  // namespace mirrorme
