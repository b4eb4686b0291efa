#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include "render_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// Option `name` of a render command set to `value`.
std::vector<std::string> with(std::vector<std::string> words, const std::string& name, const std::string& value) {
    for (std::size_t i = 0; i + 1 < words.size(); ++i)
        if (words[i] == name) {
            words[i + 1] = value;
            return words;
        }
    words.push_back(name);
    words.push_back(value);
    return words;
}

/// One short line that names what is wrong, the exit code, and nothing left behind.
void check_refused(const RenderSetup& setup, const std::vector<std::string>& words, int code, const std::string& subject, const std::string& message) {
    INFO(subject << " / " << message);
    const std::size_t files = count_files(setup.folder.path());
    const Outcome result = run(words);
    INFO(result.err);
    CHECK(result.code == code);
    CHECK(line_count(result.err) == 1);
    CHECK(result.err.size() < 400);
    CHECK_THAT(result.err, StartsWith("mirrorme: ") && ContainsSubstring(subject) && ContainsSubstring(message));
    CHECK(count_files(setup.folder.path()) == files);
}

}  // namespace

TEST_CASE("bad pictures", "[cli][errors]") {
    const RenderSetup setup;
    const std::string png = get(setup.file("me.png"));
    put(setup.folder / "zero.png", "");
    put(setup.folder / "text.png", "hello");
    put(setup.folder / "cut.png", png.substr(0, png.size() / 2));
    std::string huge = png;
    huge.replace(16, 8, std::string("\x7f\xff\xff\xff\x7f\xff\xff\xff", 8));
    put(setup.folder / "huge.png", huge);
    const auto words = setup.command("a.mp4");
    check_refused(setup, with(words, "--image", setup.file("none.png")), 1, "none.png", "No such file");
    check_refused(setup, with(words, "--image", setup.file("zero.png")), 1, "zero.png", "is empty");
    check_refused(setup, with(words, "--image", setup.file("text.png")), 1, "text.png", "not a picture");
    check_refused(setup, with(words, "--image", setup.file("cut.png")), 1, "cut.png", "truncated");
    check_refused(setup, with(words, "--image", setup.file("huge.png")), 1, "huge.png", "64 million");
    check_refused(setup, with(words, "--image", setup.folder.path().string()), 1, setup.folder.path().string(), "is a folder");
    check_refused(setup, with(words, "--image", setup.file("talk.wav")), 1, "talk.wav", "not a picture");
}

TEST_CASE("bad sound", "[cli][errors]") {
    const RenderSetup setup;
    put(setup.folder / "zero.wav", "");
    put(setup.folder / "text.wav", "hello");
    put(setup.folder / "header.wav", get(setup.file("talk.wav")).substr(0, 44));
    const auto words = setup.command("a.mp4");
    check_refused(setup, with(words, "--audio", setup.file("none.wav")), 1, "none.wav", "No such file");
    check_refused(setup, with(words, "--audio", setup.file("zero.wav")), 1, "zero.wav", "is empty");
    check_refused(setup, with(words, "--audio", setup.file("text.wav")), 1, "text.wav", "cannot read");
    check_refused(setup, with(words, "--audio", setup.file("header.wav")), 1, "header.wav", "no sound");
    check_refused(setup, with(words, "--audio", setup.file("me.png")), 1, "me.png", "has no sound");
    check_refused(setup, with(words, "--audio", "-"), 1, "standard input", "cannot read");
}

TEST_CASE("bad outputs", "[cli][errors]") {
    const RenderSetup setup;
    const auto words = setup.command("a.mp4");
    check_refused(setup, with(words, "--out", setup.file("a.avi")), 2, "a.avi", ".webm");
    check_refused(setup, with(words, "--out", setup.file("a")), 2, "/a:", "x_%05d.png");
    check_refused(setup, with(words, "--out", setup.file("none/a.mp4")), 1, "none", "no such folder");
    check_refused(setup, with(words, "--out", setup.file("a.png")), 2, "a.png", "x_%05d.png");
    check_refused(setup, with(words, "--out", setup.file("me.png")), 2, "me.png", "is one of the inputs");
    check_refused(setup, with(words, "--background", "matte"), 2, "--background matte", ".webm");
    check_refused(setup, with(words, "--format", "gif"), 2, "gif", ".webm");
}

TEST_CASE("bad settings", "[cli][errors]") {
    const RenderSetup setup;
    const auto words = setup.command("a.mp4");
    check_refused(setup, with(words, "--background", "green"), 2, "background", "'green'");
    check_refused(setup, with(words, "--liveliness", "9"), 2, "liveliness", "9");
    check_refused(setup, with(words, "--seed", "x"), 2, "seed", "x");
    check_refused(setup, with(words, "--crop", "1,2,3"), 2, "crop", "4");
    check_refused(setup, with(words, "--eyes", "1,2,3,4,5"), 2, "eyes", "4");
}

TEST_CASE("bad gestures", "[cli][errors]") {
    const RenderSetup setup;
    const auto words = setup.command("a.mp4");
    check_refused(setup, with(words, "--gesture", "cartwheel@1"), 1, "cartwheel", "no such gesture");
    check_refused(setup, with(words, "--gesture", "wave"), 2, "wave", "wave@2.5");
    check_refused(setup, with(words, "--gesture", "wave@soon"), 2, "soon", "not a time");
    check_refused(setup, with(words, "--gesture", "wave@-1"), 2, "-1", "not a time");
    check_refused(setup, with(words, "--gesture", "../../etc/passwd@1"), 1, "passwd", "no such gesture");
}

TEST_CASE("bad bundles", "[cli][errors]") {
    const RenderSetup setup;
    auto words = with(setup.command("a.mp4"), "--backend", "local");
    check_refused(setup, with(words, "--bundle", setup.file("none")), 1, "none", "no such bundle");
    std::filesystem::create_directory(setup.folder / "empty");
    check_refused(setup, with(words, "--bundle", setup.file("empty")), 1, "bundle.json", "no bundle");
    const auto bundle_with = [&](const std::string& name, const nlohmann::json& manifest, const std::string& weights) {
        std::filesystem::create_directory(setup.folder / name);
        put(setup.folder / name / "bundle.json", manifest.dump());
        put(setup.folder / name / "model.safetensors", weights);
        return setup.file(name);
    };
    const auto manifest = [](std::size_t bytes, const std::string& sha) {
        return nlohmann::json{{"schema", "mirrorme.bundle"}, {"schema_version", 1}, {"name", "x"}, {"version", "1"}, {"licence", "MIT"},
                              {"config", nlohmann::json::object()}, {"frame", {{"width", 64}, {"height", 96}}}, {"fps", {24, 1}},
                              {"chunk_latents", 1}, {"steps", {1}}, {"trained_stages", nlohmann::json::array()},
                              {"capabilities", nlohmann::json::object()},
                              {"files", {{{"name", "model.safetensors"}, {"bytes", bytes}, {"sha256", sha}}}}};
    };
    const std::string zeros(64, '0');
    check_refused(setup, with(words, "--bundle", bundle_with("hash", manifest(4, zeros), "abcd")), 1, "sha256", "changed or damaged");
    check_refused(setup, with(words, "--bundle", bundle_with("size", manifest(5, zeros), "abcd")), 1, "bytes", "bundle.json says 5");
    // The right hash of a file that is none.
    check_refused(setup, with(words, "--bundle", bundle_with("cut", manifest(4, "88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e161936f031589"), "abcd")), 1,
                  "model.safetensors", "too short");
    check_refused(setup, {"info", setup.file("empty")}, 1, "bundle.json", "no bundle");
}

TEST_CASE("bad devices", "[cli][errors]") {
    const RenderSetup setup;
    const auto words = with(setup.command("a.mp4"), "--backend", "local");
    check_refused(setup, with(words, "--device", "tpu"), 2, "tpu", "auto, cpu, cuda or cuda:N");
    check_refused(setup, with(words, "--device", "cuda:99"), 1, "cuda:99", "--device");
    check_refused(setup, with(words, "--device-share", "0"), 2, "device_share", "0.05 to 1");
    check_refused(setup, with(words, "--device-memory", "-1"), 2, "device_memory", "0 to 192");
    check_refused(setup, {"setup", "--cuda"}, 1, "setup-cuda.sh", "bash cmake/setup.sh --cuda");
}

TEST_CASE("a disk that takes no more", "[cli][errors]") {
    const RenderSetup setup;
    const std::size_t files = count_files(setup.folder.path());
    for (const char* name : {"a.mp4", "a.webm", "a.mov"}) {
        const Outcome result = run(setup.command(name), {.file_bytes = 3000});
        INFO(result.err);
        CHECK(result.code == 1);
        CHECK_THAT(result.err, ContainsSubstring(name) && ContainsSubstring("cannot"));
        CHECK(count_files(setup.folder.path()) == files);
    }
}
