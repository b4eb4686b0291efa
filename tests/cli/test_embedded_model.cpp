// The model that ships, through the program that ships: what a newcomer sees.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/keypoints.h"
#include "core/track_io.h"
#include "media/audio_reader.h"
#include "render_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

const fs::path kSource = MIRRORME_SOURCE_DIR;
constexpr const char* kAvatar = "ada";

std::string avatar() { return (kSource / "data/avatars" / (std::string(kAvatar) + ".png")).string(); }
std::string voice() { return (kSource / "data/demo/hello.flac").string(); }

struct Box {
    int x0, y0, x1, y1;
};

constexpr int kShrink = 3;  // the gallery's pictures are three times the frame
const std::vector<std::string> kWhole = {"--crop", "0,0,768,1152"};

/// Every `by` x `by` pixels as one, their mean.
RgbaImage shrunk(const RgbaImage& large, int by) {
    RgbaImage out(large.width / by, large.height / by);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
            for (int c = 0; c < 4; ++c) {
                int sum = 0;
                for (int i = 0; i < by * by; ++i) sum += large.at(by * x + i % by, by * y + i / by)[c];
                out.at(x, y)[c] = static_cast<std::uint8_t>(sum / (by * by));
            }
    return out;
}

/// The avatar as large as the frame.
RgbaImage small_avatar() { return shrunk(read_picture(avatar()), kShrink); }

/// About the lips of the avatar, in pixels of the frame.
Box mouth_box() {
    const KeyPointFrame points = read_track(points_sidecar_of(avatar())).frame(0);
    float x0 = 1e9f, y0 = 1e9f, x1 = 0, y1 = 0;
    for (int i = point::kOuterLips; i < point::kOuterLips + point::kOuterLipsCount; ++i) {
        const KeyPoint& p = points.points[static_cast<std::size_t>(i)];
        x0 = std::min(x0, p.x / kShrink), x1 = std::max(x1, p.x / kShrink), y0 = std::min(y0, p.y / kShrink),
        y1 = std::max(y1, p.y / kShrink);
    }
    const float margin = (x1 - x0) / 3;
    return {static_cast<int>(x0 - margin), static_cast<int>(y0 - margin), static_cast<int>(x1 + margin), static_cast<int>(y1 + 2 * margin)};
}

/// Mean difference of the colours as they are seen over black.
double difference(const RgbaImage& a, const RgbaImage& b, Box box) {
    double sum = 0;
    int count = 0;
    for (int y = std::max(0, box.y0); y < std::min(a.height, box.y1); ++y)
        for (int x = std::max(0, box.x0); x < std::min(a.width, box.x1); ++x) {
            const std::uint8_t *p = a.at(x, y), *q = b.at(x, y);
            for (int c = 0; c < 3; ++c, ++count) sum += std::abs(p[c] * p[3] - q[c] * q[3]) / 255.0;
        }
    return sum / std::max(count, 1);
}

/// Share of the picture that is not transparent.
double coverage(const RgbaImage& image) {
    double sum = 0;
    for (std::size_t i = 3; i < image.pixels.size(); i += 4) sum += image.pixels[i] / 255.0;
    return sum / static_cast<double>(image.pixels.size() / 4);
}

/// Mean change from frame to frame about the mouth, of the frames whose sound is louder or softer than a tenth of the loudest.
struct MouthMotion {
    double speaking = 0, silent = 0;
};
MouthMotion mouth_motion(const std::vector<TimedPicture>& frames, const std::vector<float>& sound, int rate) {
    std::vector<double> level;
    for (std::size_t f = 0; f < frames.size(); ++f) {
        const std::size_t from = std::min(sound.size(), f * static_cast<std::size_t>(rate) / 24),
                          to = std::min(sound.size(), (f + 1) * static_cast<std::size_t>(rate) / 24);
        double power = 0;
        for (std::size_t i = from; i < to; ++i) power += sound[i] * sound[i];
        level.push_back(to > from ? std::sqrt(power / static_cast<double>(to - from)) : 0);
    }
    const double loud = 0.1 * *std::max_element(level.begin(), level.end());
    const Box box = mouth_box();
    MouthMotion motion;
    int speaking = 0, silent = 0;
    for (std::size_t f = 4; f + 4 < frames.size(); ++f) {
        const bool quiet = std::all_of(level.begin() + static_cast<std::ptrdiff_t>(f) - 4,
                                       level.begin() + static_cast<std::ptrdiff_t>(f) + 5, [&](double l) { return l < loud; });
        const double change = difference(frames[f].image, frames[f - 1].image, box);
        if (quiet)
            motion.silent += change, ++silent;
        else if (level[f] >= loud)
            motion.speaking += change, ++speaking;
    }
    motion.speaking /= std::max(speaking, 1);
    motion.silent /= std::max(silent, 1);
    return motion;
}

}  // namespace

TEST_CASE("the embedded model says a sentence: the mouth moves with the voice and rests without it", "[cli][model]") {
    const TempFolder folder;
    // Half a second of silence, the demo's sentence, two seconds of silence.
    int rate = 0;
    std::vector<float> sound = read_audio_mono(voice(), rate);
    sound.resize(std::min<std::size_t>(sound.size(), static_cast<std::size_t>(rate) * 3));
    sound.insert(sound.begin(), static_cast<std::size_t>(rate / 2), 0.0f);
    sound.insert(sound.end(), static_cast<std::size_t>(rate * 2), 0.0f);
    put(folder / "say.wav", wav({sound}, rate));
    const std::string shots = (folder / "shot_%03d.png").string();
    const Outcome result =
        run({"render", "--image", avatar(), kWhole[0], kWhole[1], "--audio", (folder / "say.wav").string(), "--out", shots, "--seed", "3"});
    INFO(result.err);
    REQUIRE(result.code == 0);

    std::vector<TimedPicture> frames;
    for (int f = 0;; ++f) {
        const std::string number = std::to_string(f);
        const fs::path file = folder / ("shot_" + std::string(3 - std::min<std::size_t>(3, number.size()), '0') + number + ".png");
        if (!fs::exists(file)) break;
        frames.push_back({read_picture(file), f / 24.0});
    }
    REQUIRE(frames.size() == 132);
    const MouthMotion motion = mouth_motion(frames, sound, rate);
    CAPTURE(motion.speaking, motion.silent);
    CHECK(motion.speaking > 1.5 * motion.silent);  // idle heads move, too
    CHECK(motion.speaking > 1.0);

    // Still the picture that was given, leaning as people do: as much of the person, and outside of it nothing.
    const RgbaImage given = small_avatar();
    REQUIRE(frames[0].image.width == given.width);
    REQUIRE(frames[0].image.height == given.height);
    CHECK(difference(frames[0].image, given, {0, 0, given.width, given.height}) < 16);
    for (const std::size_t f : {std::size_t{0}, frames.size() / 2, frames.size() - 1}) {
        CAPTURE(f);
        CHECK(difference(frames[f].image, given, {0, 0, given.width, given.height}) < 80);
        CHECK(std::abs(coverage(frames[f].image) - coverage(given)) < 0.12);
        CHECK(frames[f].image.at(1, 1)[3] == given.at(1, 1)[3]);
    }

    // And as it was drawn when this model was shipped. Another model brings its own: MIRRORME_KEEP_FRAMES=1 keeps what is drawn now.
    RgbaImage before;
    for (const int f : {20, 60, 100}) {
        CAPTURE(f);
        const RgbaImage now = shrunk(frames[static_cast<std::size_t>(f)].image, 4);
        const fs::path file = kSource / "tests/golden/mini" / (std::to_string(f) + ".png");
        if (std::getenv("MIRRORME_KEEP_FRAMES") != nullptr) write_png(file, now);
        const RgbaImage kept = read_picture(file);
        const Box all{0, 0, now.width, now.height};
        CHECK(difference(now, kept, all) < 0.5);  // another processor rounds otherwise
        if (before.width > 0) CHECK(difference(now, before, all) > 1);
        before = kept;
    }
}

TEST_CASE("pictures of the gallery raise a hand when they are asked to, cut out or before a wall", "[cli][model]") {
    const TempFolder folder;
    constexpr int kRate = 16'000;
    put(folder / "quiet.wav", wav({std::vector<float>(kRate)}, kRate));
    for (const char* name : {"ada", "leon", "maya", "ren"}) {
        const auto last = [&](const std::string& out, const std::vector<std::string>& asked) {
            std::vector<std::string> words = {"render", "--image", (kSource / "data/avatars" / (std::string(name) + ".png")).string(), "--audio",
                                              (folder / "quiet.wav").string(), "--out", (folder / out).string()};
            words.insert(words.end(), asked.begin(), asked.end());
            const Outcome result = run(words);
            INFO(result.err);
            REQUIRE(result.code == 0);
            CHECK(result.err.find(" arm") == std::string::npos);  // nothing to warn of
            return frames_of((folder / out).string()).back().image;
        };
        const RgbaImage still = last("still.mp4", {}), waving = last("waving.mp4", {"--gesture", "wave@0.2"});
        // The performer's right, from the shoulder up.
        const Box beside{0, still.height / 4, still.width / 3, still.height * 5 / 8};
        CAPTURE(name, difference(still, waving, beside));
        CHECK(difference(still, waving, beside) > 5);
    }
}

TEST_CASE("two runs of the embedded model with one seed give the same file, another seed another", "[cli][model]") {
    const TempFolder folder;
    int rate = 0;
    std::vector<float> sound = read_audio_mono(voice(), rate);
    sound.resize(static_cast<std::size_t>(rate));
    put(folder / "say.wav", wav({sound}, rate));
    const auto render = [&](const std::string& out, const std::string& seed) {
        const Outcome result = run(
            {"render", "--image", avatar(), "--audio", (folder / "say.wav").string(), "--out", (folder / out).string(), "--seed", seed});
        INFO(result.err);
        REQUIRE(result.code == 0);
        return get(folder / out);
    };
    const std::string first = render("a.mp4", "7");
    CHECK(first == render("b.mp4", "7"));
    CHECK(first != render("c.mp4", "8"));
}

TEST_CASE("sound without speech is no error: the avatar idles", "[cli][model]") {
    const TempFolder folder;
    put(folder / "hush.wav", wav({std::vector<float>(2 * 16000, 0.0f)}, 16000));
    const Outcome result =
        run({"render", "--image", avatar(), "--audio", (folder / "hush.wav").string(), "--out", (folder / "a.mp4").string()});
    INFO(result.err);
    CHECK(result.code == 0);
    const auto frames = frames_of((folder / "a.mp4").string());
    REQUIRE(frames.size() == 48);
    CHECK(difference(frames[40].image, frames[10].image, {0, 0, frames[0].image.width, frames[0].image.height}) > 0.01);  // it lives
}

TEST_CASE("a picture without a face is told so, and points given by hand are taken", "[cli][model]") {
    const TempFolder folder;
    RgbaImage wall(200, 300);
    for (int y = 0; y < wall.height; ++y)
        for (int x = 0; x < wall.width; ++x) {
            std::uint8_t* p = wall.at(x, y);
            p[0] = static_cast<std::uint8_t>(90 + 40 * ((x / 40 + y / 20) % 2)), p[1] = 70, p[2] = 60, p[3] = 255;
        }
    write_png(folder / "wall.png", wall);
    put(folder / "say.wav", wav({std::vector<float>(8000, 0.0f)}, 16000));
    const std::vector<std::string> words = {"render",
                                            "--image",
                                            (folder / "wall.png").string(),
                                            "--audio",
                                            (folder / "say.wav").string(),
                                            "--out",
                                            (folder / "a.mp4").string()};
    const Outcome plain = run(words);
    CHECK_THAT(plain.err, ContainsSubstring("face"));
    CHECK_THAT(plain.err, ContainsSubstring("--eyes"));
    std::vector<std::string> placed = words;
    placed.insert(placed.end(), {"--eyes", "80,100,120,100", "--mouth", "88,140,112,140"});
    const Outcome helped = run(placed);
    INFO(helped.err);
    CHECK(helped.code == 0);
}

TEST_CASE("points finds the gallery's faces, draws them and keeps them beside the picture", "[cli][model]") {
    const TempFolder folder;
    for (const char* name : {"ada", "bruno", "kofi"}) {
        const fs::path picture = folder / (std::string(name) + ".png"), kept = kSource / "data/avatars" / (std::string(name) + ".png");
        fs::copy_file(kept, picture);
        const Outcome result = run({"points", picture.string(), "--write", "--draw", (folder / "seen.png").string()});
        INFO(result.out << result.err);
        REQUIRE(result.code == 0);
        CHECK_THAT(result.out, ContainsSubstring("--eyes"));
        CHECK(read_picture(folder / "seen.png").width == 768);
        const KeyPointFrame found = read_track(points_sidecar_of(picture)).frame(0), truth = read_track(points_sidecar_of(kept)).frame(0);
        const FaceFrame face = face_frame_of(truth), seen = face_frame_of(found);
        CHECK(std::hypot(seen.origin_x - face.origin_x, seen.origin_y - face.origin_y) < 0.5f * face.unit);
    }
    CHECK_THAT(run({"points", (folder / "ada.png").string(), "--write"}).err, ContainsSubstring("left alone"));
    const Outcome compared = run({"points", avatar(), "--compare"});
    CHECK_THAT(compared.out, ContainsSubstring("mouth") && ContainsSubstring("1 pictures"));
    CHECK(run({"points", (folder / "missing.png").string()}).code != 0);
}

TEST_CASE("eval measures the embedded model against its baselines, and two bundles side by side", "[cli][model]") {
    const std::string bundle = (kSource / "data/models/mini").string();
    const Outcome result = run({"eval", "--only", "motion", "--clips", "4", "--json"});
    INFO(result.err);
    if (result.err.find("voices") != std::string::npos) SKIP("this build has no voices");
    REQUIRE(result.code == 0);
    const nlohmann::json motion = nlohmann::json::parse(result.out)["motion"];
    CHECK(motion["opening"] > motion["opening_shuffled"].get<double>() + 0.4);
    CHECK(motion["opening"] > motion["opening_by_loudness"].get<double>());
    CHECK(motion["closed_in_silence"] > 0.9);
    CHECK(std::abs(motion["lag"].get<double>()) <= 1);
    const Outcome pictures = run({"eval", "--only", "pictures", "--clips", "3", "--steps", "1", "--json"});
    REQUIRE(pictures.code == 0);
    const nlohmann::json spoken = nlohmann::json::parse(pictures.out)["pictures"];
    CHECK(spoken["mouth_ssim_generated"] > spoken["mouth_ssim_shuffled"].get<double>());
    CHECK(spoken["mouth_ssim_truth"] > spoken["mouth_ssim_generated"].get<double>());
    const Outcome recorded = run({"eval", "--only", "recorded", "--steps", "1", "--recorded", (kSource / "data/demo").string(), "--json"});
    REQUIRE(recorded.code == 0);
    CHECK(nlohmann::json::parse(recorded.out)["recorded"]["demo_envelope"] > 0.3);
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"eval", "--only", "recorded"}, {"eval", "--recorded", "/no/such/folder"}, {"eval", "--recorded", (kSource / "data/locale").string()}}) {
        const Outcome refused = run(wrong);
        CHECK(refused.code != 0);
        CHECK_FALSE(refused.err.empty());
    }
    const fs::path sheets = fs::temp_directory_path() / "mirrorme-eval-sheets";
    fs::remove_all(sheets);
    const Outcome renderer = run({"eval", "--only", "renderer", "--sheets", sheets.string(), "--json"});
    REQUIRE(renderer.code == 0);
    const nlohmann::json drawn = nlohmann::json::parse(renderer.out)["renderer"];
    CHECK(drawn["net_mouth_ssim"] > drawn["warp_mouth_ssim"].get<double>());
    CHECK(drawn["found_mouth_ssim"] > drawn["still_mouth_ssim"].get<double>() + 0.2);
    CHECK(drawn["net_mouth_sharpness"] > 0.5);
    CHECK(drawn["net_mouth_sharpness"] < 1.5);
    CHECK(fs::file_size(sheets / "renderer.png") > 100'000);
    CHECK(fs::file_size(sheets / "found-renderer.png") > 100'000);
    fs::remove_all(sheets);
    const Outcome both = run({"eval", bundle, bundle, "--only", "points"});
    CHECK(both.code == 0);
    CHECK_THAT(both.out, ContainsSubstring("matte_edge_error"));
    CHECK(run({"eval", "/no/such/bundle"}).code == 1);
}

TEST_CASE("info tells where the embedded model comes from", "[cli][model]") {
    const fs::path bundle = kSource / "data/models/mini";
    const Outcome result = run({"info", bundle.string()});
    INFO(result.err);
    CHECK(result.code == 0);
    CHECK_THAT(result.out, ContainsSubstring("mini"));
    const nlohmann::json manifest = nlohmann::json::parse(get(bundle / "bundle.json"));
    CHECK(manifest["capabilities"]["speaks"] == true);
    REQUIRE(manifest["provenance"]["runs"].size() >= 5);
    for (const auto& run : manifest["provenance"]["runs"]) {
        CAPTURE(run.dump());
        CHECK(run.contains("data_seed"));
        REQUIRE_FALSE(run["sessions"].empty());
        CHECK(run["sessions"][0]["command"].get<std::string>().starts_with("mirrorme train "));
        CHECK_FALSE(run["sessions"][0]["hardware"].get<std::string>().empty());
    }
    std::uintmax_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(bundle)) bytes += entry.file_size();
    CHECK(bytes <= 12u << 20);
}
