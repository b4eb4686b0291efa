#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/json_fields.h"
#include "core/track_io.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

KeyPointTrack sample_track() {
    KeyPointTrack track = make_track(TrackUnit::torso, {30000, 1001}, {point_index("right_hand.wrist"), point_index("left_hand.index.2")},
                                     {Scalar::yaw, Scalar::roll});
    for (int f = 0; f < 5; ++f) {
        KeyPointFrame frame;
        frame.points[static_cast<std::size_t>(track.points[0])] = {0.1f * static_cast<float>(f), -1.0f / 3, 1};
        frame.points[static_cast<std::size_t>(track.points[1])] = {1e-20f, 12345.678f, 0.5f};
        frame[Scalar::yaw] = -12.5f;
        frame[Scalar::roll] = static_cast<float>(f);
        track.append(frame);
    }
    track.preset = TrackPreset{"wave-2", "Wave \"hello\"", IndexSpan{1, 4}, 3, 9};
    return track;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), with);
}

}  // namespace

TEST_CASE("a track survives the file bit for bit", "[track]") {
    const KeyPointTrack before = sample_track();
    const fs::path file = fs::temp_directory_path() / "mirrorme_test_track.json";
    write_track(file, before);
    const KeyPointTrack after = read_track(file);
    fs::remove(file);
    CHECK(after == before);
    CHECK(after.preset->hold == IndexSpan{1, 4});
}

TEST_CASE("frames give the track's own points; others are unknown", "[track]") {
    const KeyPointTrack track = sample_track();
    const KeyPointFrame frame = track.frame(2);
    CHECK(frame.points[static_cast<std::size_t>(point_index("right_hand.wrist"))].x == 0.2f);
    CHECK(frame.points[static_cast<std::size_t>(point_index("left_hand.wrist"))].confidence == 0);
    CHECK(frame[Scalar::roll] == 2);
    CHECK_THROWS_AS(track.frame(5), Error);
}

TEST_CASE("a track of everything has every name once", "[track]") {
    const KeyPointTrack track = make_track(TrackUnit::face, {24, 1});
    CHECK(track.row_size() == point::kCount * 3 + kScalarCount);
    for (int i = 0; i < point::kCount; ++i) CHECK(point_index(point_name(i)) == i);
    CHECK(point_index("third_eye") == -1);
}

TEST_CASE("a wrong track is refused by file, field and remedy", "[track]") {
    const std::string good = track_to_json(sample_track());
    REQUIRE_NOTHROW(track_from_json(good, "good"));
    struct Row { std::string text, says; };
    const Row row = GENERATE_COPY(
        Row{"", "not JSON"}, Row{"[]", "not an object"}, Row{replaced(good, "mirrorme.key_point_track", "other"), "schema"},
        Row{replaced(good, "\"version\":1", "\"version\":2"), "Update the program"}, Row{replaced(good, "\"torso\"", "\"miles\""), "face, torso or pixels"},
        Row{replaced(good, "right_hand.wrist", "right_hand.wrst"), "Did you mean 'right_hand.wrist'"},
        Row{replaced(good, "right_hand.wrist", "left_hand.index.2"), "twice"}, Row{replaced(good, "\"yaw\"", "\"jaw\""), "Did you mean 'yaw'"},
        Row{replaced(good, "[30000,1001]", "[0,1]"), "fps"}, Row{replaced(good, "[30000,1001]", "[24]"), "fps"},
        Row{replaced(good, "[1,3]", "[1,5]"), "hold"}, Row{replaced(good, "wave-2", "Wave 2"), "a-z"},
        Row{replaced(good, "12345.678,0.5", "12345.678,1.5"), "confidence"}, Row{replaced(good, "12345.678,0.5", "12345.678"), "frames[0]"},
        Row{replaced(good, "12345.678", "1e9"), "frames[0][4]"}, Row{replaced(good, "\"unit\"", "\"unti\""), "unit"},
        Row{replaced(good, "\"ease_in_frames\":3", "\"ease_in_frames\":-3"), "ease_in_frames"});
    try {
        track_from_json(row.text, "hello.json");
        FAIL("accepted: " << row.says);
    } catch (const Error& e) {
        CHECK_THAT(e.what(), ContainsSubstring("hello.json"));
        CHECK_THAT(e.what(), ContainsSubstring(row.says));
    }
}

TEST_CASE("files are refused before they are read when missing, too large or no file", "[track]") {
    const fs::path folder = fs::temp_directory_path();
    CHECK_THROWS_AS(read_track(folder / "mirrorme_no_such_track.json"), Error);
    CHECK_THROWS_AS(read_track(folder), Error);
    const fs::path file = folder / "mirrorme_test_large.json";
    std::ofstream(file) << "12345678";
    try {
        read_text_file(file, 4);
        FAIL("read a file over the limit");
    } catch (const Error& e) {
        CHECK(e.code() == ErrorCode::too_large);
    }
    fs::remove(file);
    CHECK(points_sidecar_of("a/me.png") == fs::path("a/me.png.points.json"));
    CHECK_THROWS_AS(write_track(folder / "no_such_folder" / "x", sample_track()), Error);
}
