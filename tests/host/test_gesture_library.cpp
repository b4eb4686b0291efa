// What is found in the gestures' folders, and what is kept out.

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include <sys/stat.h>

#include "core/error.h"
#include "core/track_io.h"
#include "plugin/host/gesture_library.h"
#include "support/temp_folder.h"

using namespace mirrorme;
using mirrorme::testing::TempFolder;
namespace fs = std::filesystem;

namespace {

KeyPointTrack track(const std::string& name, const std::string& title = {}, int frames = 24) {
    KeyPointTrack out = make_track(TrackUnit::torso, {24, 1}, {point::kRightHand, point::kRightHand + 1}, {});
    for (int i = 0; i < frames; ++i) out.values.insert(out.values.end(), {-1, 2, 1, -1.5f, 1, 1});
    out.preset = TrackPreset{name, title.empty() ? name : title, IndexSpan{6, 12}, 4, 4};
    return out;
}

struct Folders {
    TempFolder root;
    fs::path shipped = root.path() / "shipped", user = root.path() / "user";
    Folders() {
        fs::create_directories(shipped);
        fs::create_directories(user);
    }
    void put(const fs::path& file, const KeyPointTrack& what) const { write_track(file, what); }
};

std::string names(const GestureLibrary& library) {
    std::string out;
    for (const GesturePreset& preset : library.presets()->presets) out += (out.empty() ? "" : " ") + preset.name + (preset.user ? "*" : "");
    return out;
}

std::string fault_of(const GestureLibrary& library) {
    const auto presets = library.presets();
    REQUIRE(presets->faults.size() == 1);
    return presets->faults[0].reason;
}

}  // namespace

TEST_CASE("the gestures that ship load without a fault", "[host]") {
    const fs::path shipped = fs::path(MIRRORME_SOURCE_DIR) / "data" / "gestures";
    GestureLibrary library(shipped, "/nowhere/at/all");
    CHECK(library.presets()->presets.empty());  // nothing is read before it is asked for
    library.rescan();
    const auto presets = library.presets();
    CHECK(presets->faults.empty());
    CHECK(presets->user_folder == "/nowhere/at/all");
    REQUIRE(presets->find("wave") != nullptr);
    CHECK(presets->find("wave")->title == "Wave");
    CHECK(presets->find("wave")->can_hold);
    CHECK_FALSE(presets->find("wave")->user);
    CHECK(presets->find("wav") == nullptr);
    CHECK(presets->presets.size() >= 3);
    for (const GesturePreset& preset : presets->presets) {
        INFO(preset.name);
        CHECK(preset.file.stem() == preset.name);
        CHECK(preset.seconds > 0.5);
        CHECK(preset.seconds < 6);
        CHECK(preset.track->preset->ease_in_frames > 0);
        CHECK(preset.track->preset->ease_out_frames > 0);
    }
}

TEST_CASE("a user's preset shadows a shipped one, and doubles are reported", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave", "Wave"));
    at.put(at.shipped / "nod.json", track("nod", "Nod"));
    at.put(at.user / "mine.json", track("wave", "My wave"));
    GestureLibrary library = {at.shipped, at.user};
    library.rescan();
    CHECK(names(library) == "nod wave*");
    CHECK(library.presets()->find("wave")->title == "My wave");
    CHECK(library.presets()->faults.empty());

    at.put(at.user / "other.json", track("wave", "Another"));
    library.rescan();
    CHECK(library.presets()->find("wave")->title == "My wave");
    CHECK(fault_of(library) == "other.json: there is another gesture called 'wave', in mine.json.");
}

TEST_CASE("shipped titles speak the host's language, a user's are left alone", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave", "Wave"));
    at.put(at.shipped / "nod.json", track("nod", "Nod"));
    at.put(at.user / "bow.json", track("bow", "Bow"));
    GestureLibrary library(at.shipped, at.user, [](std::string_view name) { return name == "nod" ? std::string() : "Le " + std::string(name); });
    library.rescan();
    CHECK(library.presets()->find("wave")->title == "Le wave");
    CHECK(library.presets()->find("nod")->title == "Nod");
    CHECK(library.presets()->find("bow")->title == "Bow");
}

TEST_CASE("files that are no gesture are left out with the reason", "[host]") {
    Folders at;
    GestureLibrary library = {at.shipped, at.user};
    at.put(at.shipped / "wave.json", track("wave"));
    const fs::path bad = at.user / "bad.json";
    const auto reason = [&](const std::string& text) {
        mirrorme::testing::put(bad, text);
        library.rescan();
        CHECK(names(library) == "wave");  // the others are there all the same
        const std::string out = fault_of(library);
        CHECK(out.find(at.root.path().string()) == std::string::npos);
        CHECK(out.starts_with("bad.json: "));
        return out.substr(10);
    };
    CHECK(reason("").starts_with("is not JSON"));
    CHECK(reason("{\"schema\": 3}").starts_with("field 'schema' is not text"));
    CHECK(reason("not json at all").starts_with("is not JSON"));
    CHECK(reason(std::string(1, '\0') + "\xff\xfe").starts_with("is not JSON"));
    CHECK(reason("{\"schema\": \"something.else\"}").starts_with("field 'schema' is not"));

    const std::string good = track_to_json(track("good"));
    const auto with = [&](const std::string& from, const std::string& to) {
        std::string text = good;
        const std::size_t place = text.find(from);
        REQUIRE(place != std::string::npos);
        return text.replace(place, from.size(), to);
    };
    CHECK(reason(with("\"good\"", "\"../../evil\"")).starts_with("field 'preset.name' is not a name"));
    CHECK(reason(with("\"name\":\"good\"", "\"name\":\"slot_03\"")).starts_with("is called 'slot_03', which is a slot's name"));
    CHECK(reason(with("\"torso\"", "\"pixels\"")).starts_with("is in pixels units"));
    CHECK(reason(with("-1.5", "1e30")).starts_with("field 'frames[0][3]' is not a number in range"));
    CHECK(reason(with("-1.5", "-21")).starts_with("moves a point out of anybody's reach (frame 0)"));
    CHECK(reason(with("\"title\":\"good\"", "\"title\":\"a\\nb\"")).starts_with("has a title"));
    CHECK(reason(with("\"title\":\"good\"", "\"title\":\"" + std::string(500, 'x') + "\"")).starts_with("has a title"));
    CHECK(reason(with("[24,1]", "[1,10]")).starts_with("lasts more than 60 s"));
    CHECK(reason(with("[6,11]", "[6,99999]")).starts_with("field 'preset.hold' does not lie in the track"));
    KeyPointTrack bare = track("bare");
    bare.preset.reset();
    CHECK(reason(track_to_json(bare)).starts_with("is a track without a preset"));
}

TEST_CASE("easing is kept within limits", "[host]") {
    KeyPointTrack wild = track("wild");
    wild.preset->ease_in_frames = 0;
    wild.preset->ease_out_frames = 240;
    const TrackPreset tamed = *gesture_from_json(track_to_json(wild), "wild.json").preset;
    CHECK(tamed.ease_in_frames == 2);    // 0.08 s at 24 fps
    CHECK(tamed.ease_out_frames == 48);  // 2 s
    CHECK(*gesture_from_json(track_to_json(track("tame")), "tame.json").preset == *track("tame").preset);
}

TEST_CASE("files made to do harm do none", "[host]") {
    Folders at;
    GestureLibrary library = {at.shipped, at.user};
    at.put(at.shipped / "wave.json", track("wave"));

    SECTION("deep nesting is counted before it is built") {
        mirrorme::testing::put(at.user / "deep.json", std::string(2'000'000, '['));
        mirrorme::testing::put(at.user / "deeper.json", "{\"schema\": \"x\\\"[[[[[[[[[[[[\", \"frames\": [[[[[[[[[1]]]]]]]]]}");
        library.rescan();
        REQUIRE(library.presets()->faults.size() == 2);
        for (const GestureFault& fault : library.presets()->faults) CHECK(fault.reason.find("nests too deeply") != std::string::npos);
        CHECK_THROWS_AS(gesture_from_json(std::string(100, '{'), "x"), Error);
    }
    SECTION("a huge file is not read") {
        const fs::path huge = at.user / "huge.json";
        mirrorme::testing::put(huge, "{");
        fs::resize_file(huge, std::uintmax_t{8} << 30);  // sparse
        library.rescan();
        CHECK(fault_of(library).find("at most") != std::string::npos);
        CHECK_THROWS_AS(library.import_file(huge, GestureLibrary::Clash::refuse), Error);
        CHECK_THROWS_AS(gesture_from_json(std::string(GestureLibrary::kFileLimit + 1, ' '), "x"), Error);
    }
    SECTION("what is not a file is not waited for") {
        fs::create_directory(at.user / "folder.json");
        REQUIRE(::mkfifo((at.user / "pipe.json").c_str(), 0600) == 0);
        fs::create_symlink("/dev/zero", at.user / "zero.json");
        fs::create_symlink(at.user / "loop.json", at.user / "loop.json");
        library.rescan();
        CHECK(library.presets()->faults.size() == 4);
        CHECK_THROWS_AS(library.import_file(at.user / "pipe.json", GestureLibrary::Clash::replace), Error);
    }
    SECTION("hidden files and other kinds are not looked at") {
        mirrorme::testing::put(at.user / ".half.1234-0.part.json", "{");
        mirrorme::testing::put(at.user / "notes.txt", "hello");
        library.rescan();
        CHECK(library.presets()->faults.empty());
    }
    CHECK(names(library) == "wave");
}

TEST_CASE("there are never more presets than the limit", "[host]") {
    Folders at;
    for (std::size_t i = 0; i < GestureLibrary::kPresetLimit + 3; ++i) at.put(at.user / ("g" + std::to_string(i) + ".json"), track("g" + std::to_string(i), {}, 13));
    GestureLibrary library = {at.shipped, at.user};
    library.rescan();
    CHECK(library.presets()->presets.size() == GestureLibrary::kPresetLimit);
    CHECK(library.presets()->faults.size() == 3);
}

TEST_CASE("import checks, writes anew and never writes outside its folder", "[host]") {
    Folders at;
    fs::remove(at.user);  // made when first needed
    at.put(at.shipped / "wave.json", track("wave"));
    GestureLibrary library = {at.shipped, at.user};
    library.rescan();

    const fs::path given = at.root / "download (1).json";
    at.put(given, track("wave", "From a friend"));
    CHECK(library.import_file(given, GestureLibrary::Clash::refuse) == "wave");  // shadows what ships
    CHECK(names(library) == "wave*");
    CHECK(read_track(at.user / "wave.json") == read_track(given));
    CHECK(mirrorme::testing::count_files(at.user) == 1);

    at.put(given, track("wave", "Again"));
    CHECK_THROWS_AS(library.import_file(given, GestureLibrary::Clash::refuse), Error);
    CHECK(library.presets()->find("wave")->title == "From a friend");
    library.import_file(given, GestureLibrary::Clash::replace);
    CHECK(library.presets()->find("wave")->title == "Again");
    CHECK(mirrorme::testing::count_files(at.user) == 1);

    mirrorme::testing::put(given, "{}");
    CHECK_THROWS_AS(library.import_file(given, GestureLibrary::Clash::replace), Error);
    CHECK_THROWS_AS(library.import_file(at.root / "absent.json", GestureLibrary::Clash::replace), Error);
    CHECK(library.presets()->find("wave")->title == "Again");
    CHECK(mirrorme::testing::count_files(at.user) == 1);

    // Another preset's file is in the way of the name: neither is lost.
    at.put(at.user / "bow.json", track("curtsy"));
    library.rescan();
    at.put(given, track("bow"));
    library.import_file(given, GestureLibrary::Clash::replace);
    CHECK(names(library) == "bow* curtsy* wave*");
}

TEST_CASE("export writes what import reads", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave", "Wave \xe2\x9c\x8b"));
    GestureLibrary library = {at.shipped, at.user};
    library.rescan();
    library.export_preset("wave", at.root / "out.json");
    CHECK(library.import_file(at.root / "out.json", GestureLibrary::Clash::refuse) == "wave");
    CHECK(*library.presets()->find("wave")->track == track("wave", "Wave \xe2\x9c\x8b"));
    CHECK_THROWS_AS(library.export_preset("nobody", at.root / "out.json"), Error);
    CHECK_THROWS_AS(library.export_preset("wave", at.root / "no folder" / "out.json"), Error);
}

TEST_CASE("changes in the folders are noticed, and only changes", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave"));
    GestureLibrary library = {at.shipped, at.user};
    CHECK(library.rescan_if_changed());
    const auto before = library.presets();
    CHECK_FALSE(library.rescan_if_changed());
    CHECK(library.presets() == before);
    at.put(at.user / "nod.json", track("nod"));
    CHECK(library.rescan_if_changed());
    CHECK(names(library) == "nod* wave");
    CHECK(before->presets.size() == 1);  // who holds the old snapshot keeps it
    fs::last_write_time(at.user / "nod.json", fs::last_write_time(at.user / "nod.json") + std::chrono::seconds(5));
    CHECK(library.rescan_if_changed());
    fs::remove(at.user / "nod.json");
    CHECK(library.rescan_if_changed());
    CHECK(names(library) == "wave");
    fs::remove_all(at.user);
    fs::remove_all(at.shipped);
    CHECK(library.rescan_if_changed());
    CHECK(names(library).empty());
}

TEST_CASE("every worker hears of a change once, within a second", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave"));
    GestureLibrary library = {at.shipped, at.user};
    GestureWatch one(library), two(library);
    constexpr std::int64_t kNow = 77'000'000'000;
    const auto first = one.changed(kNow);
    REQUIRE(first);
    CHECK(first->find("wave") != nullptr);
    CHECK(two.changed(kNow) == first);
    CHECK_FALSE(one.changed(kNow + GestureWatch::kEveryNs));

    at.put(at.user / "nod.json", track("nod"));
    CHECK_FALSE(two.changed(kNow + GestureWatch::kEveryNs - 1));  // it has looked within this second
    const auto second = two.changed(kNow + GestureWatch::kEveryNs);
    REQUIRE(second);
    CHECK(second->find("nod") != nullptr);
    CHECK_FALSE(two.changed(kNow + GestureWatch::kEveryNs + 1));
    CHECK(one.changed(kNow + GestureWatch::kEveryNs + 1) == second);  // without looking itself
    CHECK_FALSE(one.changed(kNow + 9 * GestureWatch::kEveryNs));
}

TEST_CASE("snapshots are whole while others rescan and import", "[host]") {
    Folders at;
    at.put(at.shipped / "wave.json", track("wave"));
    const fs::path given = at.root / "given.json";
    at.put(given, track("nod"));
    GestureLibrary library = {at.shipped, at.user};
    library.rescan();
    std::atomic<bool> done{false}, torn{false};
    std::thread reader([&] {
        while (!done) {
            if (library.presets()->find("wave") == nullptr) torn = true;
        }
    });
    std::thread scanner([&] {
        for (int i = 0; i < 50; ++i) library.rescan();
    });
    for (int i = 0; i < 20; ++i) library.import_file(given, GestureLibrary::Clash::replace);
    scanner.join();
    done = true;
    reader.join();
    CHECK_FALSE(torn);
    CHECK(names(library) == "nod* wave");
}

TEST_CASE("names of slots", "[host]") {
    CHECK(slot_of_name("slot_01") == 1);
    CHECK(slot_of_name("slot_16") == 16);
    for (const char* other : {"slot_00", "slot_17", "slot_1", "slot_001", "slot_1a", "Slot_01", "wave", "", "slot_0\xff"}) CHECK(slot_of_name(other) == 0);
}
