#include "ui/model/gesture_history.h"

#include <algorithm>
#include <utility>

namespace mirrorme::ui {
namespace fs = std::filesystem;

namespace {

/// Gives `file` the content of `content` (empty: none); where its own went (empty: it had none).
fs::path exchange_files(const fs::path& file, const fs::path& content) {
    fs::path kept;
    if (fs::exists(file)) {
        kept = GestureHistory::place_in_trash(file);
        fs::rename(file, kept);
    }
    if (content.empty()) return kept;
    try {
        fs::create_directories(file.parent_path());
        fs::rename(content, file);
    } catch (const fs::filesystem_error&) {
        if (!kept.empty()) fs::rename(kept, file);
        throw;
    }
    return kept;
}

}  // namespace

fs::path GestureHistory::trash_of(const fs::path& folder) { return folder.parent_path() / (folder.filename().string() + "-trash"); }

fs::path GestureHistory::place_in_trash(const fs::path& file) {
    const fs::path trash = trash_of(file.parent_path());
    fs::create_directories(trash);
    fs::path place = trash / file.filename();
    for (int number = 2; fs::exists(place); ++number) place = trash / (file.stem().string() + "-" + std::to_string(number) + file.extension().string());
    return place;
}

/// Makes `change`, and turns it into the one that goes back.
bool GestureHistory::exchange(GestureChange& change, const std::vector<GestureSlot>& slots, const StoreSlots& store) {
    std::optional<GestureSlot> before;
    if (change.slot > 0) {
        const auto found = std::find_if(slots.begin(), slots.end(), [&](const GestureSlot& one) { return one.slot == change.slot; });
        if (found != slots.end()) before = *found;
    }
    fs::path kept;
    if (!change.file.empty()) kept = exchange_files(change.file, change.content);
    if (change.slot > 0 && !store(change.then ? with_slot(slots, *change.then) : without_slot(slots, change.slot))) {
        if (!change.file.empty()) exchange_files(change.file, kept);
        return false;
    }
    change.then = before;
    change.content = kept;
    return true;
}

bool GestureHistory::make(GestureChange change, const std::vector<GestureSlot>& slots, const StoreSlots& store) {
    if (!exchange(change, slots, store)) return false;
    done_.push_back(std::move(change));
    undone_.clear();
    return true;
}

bool GestureHistory::move(std::vector<GestureChange>& from, std::vector<GestureChange>& to, const std::vector<GestureSlot>& slots, const StoreSlots& store) {
    if (!exchange(from.back(), slots, store)) return false;
    to.push_back(std::move(from.back()));
    from.pop_back();
    return true;
}

bool GestureHistory::undo(const std::vector<GestureSlot>& slots, const StoreSlots& store) { return move(done_, undone_, slots, store); }
bool GestureHistory::redo(const std::vector<GestureSlot>& slots, const StoreSlots& store) { return move(undone_, done_, slots, store); }

void GestureHistory::clear() {
    done_.clear();
    undone_.clear();
}

}  // namespace mirrorme::ui
