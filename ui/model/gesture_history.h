#pragma once
// What was changed in the grid of gestures, to be taken back and done again.

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ui/model/gesture_view.h"

namespace mirrorme::ui {

/// A slot that becomes another, a preset file that becomes another, or both.
struct GestureChange {
    Phrase what;                      // for people
    int slot = 0;                     // its number; 0 = no slot changes
    std::optional<GestureSlot> then;  // what is in it afterwards; none = nothing
    std::filesystem::path file;       // of the user's folder; empty = no file changes
    std::filesystem::path content;    // the file that takes its place; empty = none does
};

/// Note [Nothing is deleted]
/// A file that gives way is moved into the trash, a folder beside the presets', and whatever takes its place is moved from there. Taking a change back
/// is thereby the same exchange once more. The trash is the user's to empty.
class GestureHistory {
public:
    /// Stores what `slots` says. False when the avatar is gone.
    using StoreSlots = std::function<bool(const std::vector<GestureSlot>&)>;

    /// Where files of presets folder `folder` go.
    static std::filesystem::path trash_of(const std::filesystem::path& folder);
    /// A name in that trash that is not taken, for a file of the name of `file`. Makes the trash.
    static std::filesystem::path place_in_trash(const std::filesystem::path& file);

    /// Makes a change, which can be taken back from then on. False when the avatar is gone; throws std::filesystem::filesystem_error. Neither changes anything.
    bool make(GestureChange change, const std::vector<GestureSlot>& slots, const StoreSlots& store);
    /// As make(), for the last change and for the last one taken back. There must be one.
    bool undo(const std::vector<GestureSlot>& slots, const StoreSlots& store);
    bool redo(const std::vector<GestureSlot>& slots, const StoreSlots& store);
    /// Forgets all: another avatar is shown.
    void clear();

    /// What undo() and redo() would do; null = nothing.
    const Phrase* undoes() const noexcept { return done_.empty() ? nullptr : &done_.back().what; }
    const Phrase* redoes() const noexcept { return undone_.empty() ? nullptr : &undone_.back().what; }

private:
    static bool exchange(GestureChange& change, const std::vector<GestureSlot>& slots, const StoreSlots& store);
    static bool move(std::vector<GestureChange>& from, std::vector<GestureChange>& to, const std::vector<GestureSlot>& slots, const StoreSlots& store);

    std::vector<GestureChange> done_, undone_;  // each as exchange() left it: made again, it goes back
};

}  // namespace mirrorme::ui
