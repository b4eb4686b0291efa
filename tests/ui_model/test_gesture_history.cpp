#include "ui/model/gesture_history.h"

#include <catch2/catch_test_macros.hpp>

#include "support/temp_folder.h"

using namespace mirrorme::ui;
using mirrorme::testing::count_files;
using mirrorme::testing::get;
using mirrorme::testing::put;
using mirrorme::testing::TempFolder;
namespace fs = std::filesystem;

namespace {

/// An avatar's slots and the user's folder of presets.
struct Grid {
    TempFolder home;
    fs::path folder = home / "gestures";
    std::vector<GestureSlot> slots{{.slot = 1, .preset = "wave"}, {.slot = 2, .preset = "point"}};
    bool gone = false;
    GestureHistory history;
    GestureHistory::StoreSlots store = [this](const std::vector<GestureSlot>& wanted) {
        if (!gone) slots = wanted;
        return !gone;
    };

    Grid() { fs::create_directories(folder); }
    /// As the panel's import: what is new lies in the trash until it takes its place.
    GestureChange import(const std::string& name, const std::string& text) {
        const fs::path file = folder / (name + ".json"), content = GestureHistory::place_in_trash(file);
        put(content, text);
        return {{"Import", {name}}, 0, std::nullopt, file, content};
    }
    GestureChange removal(const std::string& name) { return {{"Delete", {name}}, 0, std::nullopt, folder / (name + ".json"), {}}; }
    bool undo() { return history.undo(slots, store); }
    bool redo() { return history.redo(slots, store); }
};

}  // namespace

TEST_CASE("an edited, an emptied and a new slot come back as they were") {
    Grid grid;
    const std::vector<GestureSlot> before = grid.slots;
    CHECK(grid.history.undoes() == nullptr);
    REQUIRE(grid.history.make({{"Edit", {}}, 1, GestureSlot{.slot = 1, .preset = "ok", .mode = GestureMode::hold}, {}, {}}, grid.slots, grid.store));
    REQUIRE(grid.history.make({{"Empty", {}}, 2, std::nullopt, {}, {}}, grid.slots, grid.store));
    REQUIRE(grid.history.make({{"New", {}}, 9, GestureSlot{.slot = 9, .preset = "wave"}, {}, {}}, grid.slots, grid.store));
    const std::vector<GestureSlot> after = grid.slots;
    CHECK(after.size() == 2);
    CHECK(grid.history.undoes()->key == "New");
    for (int i = 0; i < 3; ++i) CHECK(grid.undo());
    CHECK(grid.slots == before);
    CHECK(grid.history.undoes() == nullptr);
    CHECK(grid.history.redoes()->key == "Edit");
    for (int i = 0; i < 3; ++i) CHECK(grid.redo());
    CHECK(grid.slots == after);
    CHECK(grid.history.redoes() == nullptr);
}

TEST_CASE("what changed elsewhere meanwhile stays as it is") {
    Grid grid;
    REQUIRE(grid.history.make({{"Empty", {}}, 2, std::nullopt, {}, {}}, grid.slots, grid.store));
    grid.slots = with_slot(grid.slots, {.slot = 5, .preset = "cheer"});  // in the source's properties
    CHECK(grid.undo());
    CHECK(grid.slots.size() == 3);
}

TEST_CASE("imported, replaced and removed files come back with their content") {
    Grid grid;
    const fs::path file = grid.folder / "mine.json";
    REQUIRE(grid.history.make(grid.import("mine", "first"), grid.slots, grid.store));
    CHECK(get(file) == "first");
    REQUIRE(grid.history.make(grid.import("mine", "second"), grid.slots, grid.store));
    CHECK(get(file) == "second");
    REQUIRE(grid.history.make(grid.removal("mine"), grid.slots, grid.store));
    CHECK_FALSE(fs::exists(file));
    CHECK(grid.undo());
    CHECK(get(file) == "second");
    CHECK(grid.undo());
    CHECK(get(file) == "first");
    CHECK(grid.undo());
    CHECK_FALSE(fs::exists(file));
    CHECK(count_files(GestureHistory::trash_of(grid.folder)) == 2);
    for (const char* content : {"first", "second"}) {
        CHECK(grid.redo());
        CHECK(get(file) == content);
    }
    CHECK(grid.redo());
    CHECK_FALSE(fs::exists(file));
    CHECK(count_files(grid.folder) == 0);
}

TEST_CASE("after another change nothing is there to be done again; what was taken back stays in the trash") {
    Grid grid;
    REQUIRE(grid.history.make(grid.import("mine", "first"), grid.slots, grid.store));
    CHECK(grid.undo());
    REQUIRE(grid.history.make({{"Empty", {}}, 2, std::nullopt, {}, {}}, grid.slots, grid.store));
    CHECK(grid.history.redoes() == nullptr);
    CHECK(count_files(GestureHistory::trash_of(grid.folder)) == 1);
    grid.history.clear();
    CHECK(grid.history.undoes() == nullptr);
}

TEST_CASE("a change that cannot be made is none") {
    Grid grid;
    grid.gone = true;
    CHECK_FALSE(grid.history.make({{"Empty", {}}, 2, std::nullopt, {}, {}}, grid.slots, grid.store));
    CHECK(grid.history.undoes() == nullptr);
    put(grid.folder / "mine.json", "first");
    GestureChange both = grid.import("mine", "second");
    both.slot = 1;
    CHECK_FALSE(grid.history.make(both, grid.slots, grid.store));
    CHECK(get(grid.folder / "mine.json") == "first");
    GestureChange nowhere = grid.removal("mine");
    nowhere.content = grid.folder / "there is no such file";
    CHECK_THROWS_AS(grid.history.make(nowhere, grid.slots, grid.store), fs::filesystem_error);
    CHECK(get(grid.folder / "mine.json") == "first");
    CHECK(grid.history.undoes() == nullptr);
}
