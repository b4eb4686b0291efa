#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <sys/resource.h>

#include <csignal>
#include <cstdlib>

#include "media/picture.h"
#include "media/video_reader.h"
#include "media/video_writer.h"
#include "media_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Left half: a grey that grows with the frame number, opaque. Right half: orange whose alpha grows from top to bottom.
std::vector<std::uint8_t> test_frame(int width, int height, int index) {
    std::vector<std::uint8_t> bgra(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            std::uint8_t* p = bgra.data() + (static_cast<std::size_t>(y) * width + x) * 4;
            if (x < width / 2) p[0] = p[1] = p[2] = static_cast<std::uint8_t>(40 + index * 5), p[3] = 255;
            else p[0] = 32, p[1] = 128, p[2] = 224, p[3] = static_cast<std::uint8_t>(255 * y / (height - 1));
        }
    return bgra;
}

VideoWriterOptions options_for(VideoFormat format, int audio_rate) {
    VideoWriterOptions options;
    options.format = format;
    options.width = 64;
    options.height = 48;
    options.fps = {24, 1};
    options.audio_rate = audio_rate;
    return options;
}

struct Clip {
    int frames = 30;
    int audio_rate = 44100;
};

void write_clip(const std::filesystem::path& path, const VideoWriterOptions& options, const Clip& clip) {
    const auto writer = open_video_writer(path, options);
    const std::vector<float> sound = tone(600, std::max(clip.audio_rate, 1), clip.frames / 24.0);
    for (int i = 0; i < clip.frames; ++i) {
        writer->write_frame(test_frame(options.width, options.height, i));
        if (options.audio_rate == 0) continue;
        AudioBlock block;
        const std::size_t from = sound.size() * static_cast<std::size_t>(i) / static_cast<std::size_t>(clip.frames);
        const std::size_t to = sound.size() * static_cast<std::size_t>(i + 1) / static_cast<std::size_t>(clip.frames);
        block.samples.assign(sound.begin() + static_cast<std::ptrdiff_t>(from), sound.begin() + static_cast<std::ptrdiff_t>(to));
        writer->write_audio(block);
    }
    writer->finish();
}

std::vector<TimedPicture> read_clip(const std::filesystem::path& path) {
    VideoReader reader(MediaSource{path.string()});
    std::vector<TimedPicture> pictures;
    for (TimedPicture picture; reader.read(picture);) pictures.push_back(picture);
    return pictures;
}

int difference(const std::uint8_t* a, std::array<int, 3> b) {
    int worst = 0;
    for (std::size_t i = 0; i < 3; ++i) worst = std::max(worst, std::abs(a[i] - b[i]));
    return worst;
}

}  // namespace

TEST_CASE("a video comes back: every frame at its time, its colours, its sound", "[video]") {
    const TempFolder folder;
    const VideoFormat format = GENERATE(VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov);
    const int rate = GENERATE(8000, 44100, 48000);
    INFO(name_of(format) << " " << rate);
    const auto path = folder / ("a." + std::string(name_of(format)));
    write_clip(path, options_for(format, rate), {30, rate});
    CHECK(count_files(folder.path()) == 1);

    const VideoReader reader(MediaSource{path.string()});
    CHECK(reader.facts().width == 64);
    CHECK(reader.facts().fps == Rational{24, 1});
    CHECK(reader.facts().has_alpha == keeps_alpha(format));
    const auto pictures = read_clip(path);
    REQUIRE(pictures.size() == 30);
    for (int i = 0; i < 30; ++i) {
        const TimedPicture& picture = pictures[static_cast<std::size_t>(i)];
        CHECK(picture.time_s == Approx(i / 24.0).margin(0.0011));  // WebM counts in milliseconds
        const int grey = 40 + 5 * i;
        CHECK(difference(picture.image.at(12, 24), {grey, grey, grey}) <= 6);
        CHECK(difference(picture.image.at(52, 47), {224, 128, 32}) <= 12);
    }

    int stored_rate = 0;
    const auto sound = read_audio_mono(path.string(), stored_rate);
    const double seconds = static_cast<double>(sound.size()) / stored_rate;
    CHECK(seconds == Approx(30 / 24.0).margin(0.03));
    // The tone starts at 0: it is there from the beginning and lasts to the end.
    const auto at = [&](double s) { return static_cast<std::size_t>(s * stored_rate); };
    CHECK(rms(sound, at(0.1), at(0.2)) == Approx(0.5 / std::sqrt(2)).epsilon(0.15));
    CHECK(rms(sound, at(1.1), at(1.2)) == Approx(0.5 / std::sqrt(2)).epsilon(0.15));
}

TEST_CASE("sound and picture start together", "[video]") {
    // A click at 0.5 s must come back at 0.5 s, whatever the codec's own delay is.
    const TempFolder folder;
    const VideoFormat format = GENERATE(VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov);
    INFO(name_of(format));
    const auto path = folder / ("a." + std::string(name_of(format)));
    const auto writer = open_video_writer(path, options_for(format, 48000));
    AudioBlock block;
    block.samples.assign(48000, 0.0f);
    for (int i = 0; i < 48; ++i) block.samples[static_cast<std::size_t>(24000 + i)] = 0.9f;
    writer->write_audio(block);
    for (int i = 0; i < 24; ++i) writer->write_frame(test_frame(64, 48, i));
    writer->finish();
    int rate = 0;
    const auto sound = read_audio_mono(path.string(), rate);
    std::size_t loudest = 0;
    for (std::size_t i = 0; i < sound.size(); ++i)
        if (std::abs(sound[i]) > std::abs(sound[loudest])) loudest = i;
    CHECK(static_cast<double>(loudest) / rate == Approx(0.5).margin(0.003));
}

TEST_CASE("straight alpha survives where the format keeps it", "[video]") {
    const TempFolder folder;
    const VideoFormat format = GENERATE(VideoFormat::webm, VideoFormat::mov);
    INFO(name_of(format));
    const auto path = folder / ("a." + std::string(name_of(format)));
    write_clip(path, options_for(format, 0), {});
    for (const TimedPicture& picture : read_clip(path)) {
        for (int y = 0; y < 48; y += 5) {
            CHECK(std::abs(picture.image.at(52, y)[3] - 255 * y / 47) <= (format == VideoFormat::mov ? 2 : 12));
            CHECK(difference(picture.image.at(52, y), {224, 128, 32}) <= 14);  // not darkened by its alpha
            CHECK(picture.image.at(10, y)[3] >= 254);
        }
    }
}

TEST_CASE("without alpha the backdrop shows", "[video]") {
    const TempFolder folder;
    VideoWriterOptions options = options_for(VideoFormat::mp4, 0);
    options.backdrop_rgb = 0x2040c0;
    write_clip(folder / "a.mp4", options, {});
    const auto pictures = read_clip(folder / "a.mp4");
    CHECK(difference(pictures[0].image.at(52, 1), {0x20 + 4, 0x40 + 1, 0xc0 - 3}) <= 12);
    CHECK(difference(pictures[0].image.at(52, 47), {224, 128, 32}) <= 12);
}

TEST_CASE("flattened frames are opaque in every format", "[video]") {
    const TempFolder folder;
    for (const VideoFormat format : {VideoFormat::webm, VideoFormat::mov, VideoFormat::png}) {
        VideoWriterOptions options = options_for(format, 0);
        options.alpha = AlphaMode::flatten;
        options.backdrop_rgb = 0x2040c0;
        const auto path = folder / (format == VideoFormat::png ? "f_%d.png" : "f." + std::string(name_of(format)));
        write_clip(path, options, {.frames = 3, .audio_rate = 0});
        const RgbaImage image = format == VideoFormat::png ? read_picture(folder / "f_0.png") : read_clip(path)[0].image;
        INFO(name_of(format));
        CHECK(image.at(52, 0)[3] >= 254);
        CHECK(difference(image.at(52, 0), {0x20, 0x40, 0xc0}) <= 12);
        CHECK(difference(image.at(52, 47), {224, 128, 32}) <= 12);
    }
}

TEST_CASE("pure colours survive the way to BT.709 and back", "[video]") {
    const TempFolder folder;
    const std::array<std::array<int, 3>, 7> colours = {{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}, {255, 255, 255}, {0, 0, 0}, {128, 128, 128}, {226, 180, 150}}};
    for (const VideoFormat format : {VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov}) {
        const auto path = folder / ("c." + std::string(name_of(format)));
        const auto writer = open_video_writer(path, options_for(format, 0));
        for (const auto& c : colours) {
            std::vector<std::uint8_t> bgra;
            for (int i = 0; i < 64 * 48; ++i) bgra.insert(bgra.end(), {static_cast<std::uint8_t>(c[2]), static_cast<std::uint8_t>(c[1]), static_cast<std::uint8_t>(c[0]), 255});
            writer->write_frame(bgra);
        }
        writer->finish();
        const auto pictures = read_clip(path);
        REQUIRE(pictures.size() == colours.size());
        for (std::size_t i = 0; i < colours.size(); ++i) {
            INFO(name_of(format) << " colour " << i);
            CHECK(difference(pictures[i].image.at(30, 20), colours[i]) <= 6);
        }
    }
}

TEST_CASE("odd sizes and odd rates are written", "[video]") {
    const TempFolder folder;
    const VideoFormat format = GENERATE(VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov);
    VideoWriterOptions options = options_for(format, 0);
    options.width = 51;
    options.height = 33;
    options.fps = {30000, 1001};
    const auto path = folder / ("odd." + std::string(name_of(format)));
    write_clip(path, options, {.frames = 12, .audio_rate = 0});
    const auto pictures = read_clip(path);
    REQUIRE(pictures.size() == 12);
    CHECK(pictures[11].time_s == Approx(11 * 1001 / 30000.0).margin(0.0011));
    CHECK(pictures[0].image.width >= 51);
}

TEST_CASE("the same calls give the same bytes", "[video]") {
    const TempFolder folder;
    for (const VideoFormat format : {VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov}) {
        const std::string end = "." + std::string(name_of(format));
        write_clip(folder / ("a" + end), options_for(format, 44100), {});
        write_clip(folder / ("b" + end), options_for(format, 44100), {});
        INFO(end);
        CHECK(get(folder / ("a" + end)) == get(folder / ("b" + end)));
    }
}

TEST_CASE("a PNG sequence is exact", "[video]") {
    const TempFolder folder;
    write_clip(folder / "x_%04d.png", options_for(VideoFormat::png, 44100), {.frames = 3, .audio_rate = 44100});
    write_clip(folder / "shots", options_for(VideoFormat::png, 0), {.frames = 2, .audio_rate = 0});
    CHECK(std::filesystem::exists(folder / "shots/frame_00001.png"));
    const RgbaImage image = read_picture(folder / "x_0002.png");
    const auto expected = test_frame(64, 48, 2);
    for (std::size_t i = 0; i < expected.size(); i += 4) {
        REQUIRE(image.pixels[i] == expected[i + 2]);
        REQUIRE(image.pixels[i + 2] == expected[i]);
        REQUIRE(image.pixels[i + 3] == expected[i + 3]);
    }
    CHECK(count_files(folder.path()) == 4);
}

TEST_CASE("a writer without finish leaves nothing; a short file is complete", "[video]") {
    const TempFolder folder;
    {
        const auto writer = open_video_writer(folder / "a.mp4", options_for(VideoFormat::mp4, 48000));
        for (int i = 0; i < 10; ++i) writer->write_frame(test_frame(64, 48, i));
        CHECK_FALSE(std::filesystem::exists(folder / "a.mp4"));
    }
    CHECK(count_files(folder.path()) == 0);
    put(folder / "b.mp4", "what was there");
    {
        const auto writer = open_video_writer(folder / "b.mp4", options_for(VideoFormat::mp4, 48000));
        writer->write_frame(test_frame(64, 48, 0));
        CHECK(get(folder / "b.mp4") == "what was there");
        writer->finish();
    }
    CHECK(read_clip(folder / "b.mp4").size() == 1);
}

TEST_CASE("places and names that cannot be written are refused", "[video]") {
    const TempFolder folder;
    const auto open = [&](const std::string& name, VideoFormat format) {
        return error_of([&] { open_video_writer(folder / name, options_for(format, 0)); });
    };
    CHECK(open("none/a.mp4", VideoFormat::mp4).code() == ErrorCode::not_found);
    CHECK(open("none/a_%d.png", VideoFormat::png).code() == ErrorCode::not_found);
    CHECK_THAT(open("a.png", VideoFormat::png).what(), ContainsSubstring("x_%05d.png"));
    CHECK_THAT(open("a_%s.png", VideoFormat::png).what(), ContainsSubstring("counter"));
    CHECK_THAT(open("a_%d_%d.png", VideoFormat::png).what(), ContainsSubstring("counter"));
    std::filesystem::create_directory(folder / "taken.mp4");
    CHECK_THAT(open("taken.mp4", VideoFormat::mp4).what(), ContainsSubstring("is a folder"));

    CHECK(video_format_for("a.MP4") == VideoFormat::mp4);
    CHECK(video_format_for("a.bin", "webm") == VideoFormat::webm);
    CHECK(video_format_for("folder/") == VideoFormat::png);
    CHECK(video_format_for(folder.path()) == VideoFormat::png);
    CHECK_THAT(error_of([] { video_format_for("a.avi"); }).what(), ContainsSubstring("'avi'") && ContainsSubstring(".webm"));
    CHECK(error_of([] { video_format_for("a"); }).code() == ErrorCode::usage);
}

TEST_CASE("a disk that takes no more is an error and leaves nothing", "[video]") {
    const TempFolder folder;
    const VideoFormat format = GENERATE(VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov, VideoFormat::png);
    const auto path = folder / (format == VideoFormat::png ? "a_%d.png" : "a." + std::string(name_of(format)));
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{200, before.rlim_max};  // bytes a file may have: the nearest thing to a full disk that needs no privilege
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    std::string message;
    try {
        write_clip(path, options_for(format, 44100), {});
    } catch (const Error& error) {
        message = error.what();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
    CHECK_THAT(message, ContainsSubstring(folder.path().string()));
    CHECK(count_files(folder.path()) == 0);
}

TEST_CASE("videos that cannot be read are refused", "[video]") {
    const TempFolder folder;
    put(folder / "zero.mp4", "");
    put(folder / "text.mp4", std::string(3000, 'x'));
    put(folder / "sound.wav", wav({tone(400, 8000, 0.2)}, 8000));
    CHECK_THAT(error_of([&] { VideoReader(MediaSource{(folder / "zero.mp4").string()}); }).what(), ContainsSubstring("is empty"));
    CHECK_THROWS_AS(VideoReader(MediaSource{(folder / "text.mp4").string()}), Error);
    CHECK_THAT(error_of([&] { VideoReader(MediaSource{(folder / "sound.wav").string()}); }).what(), ContainsSubstring("has no video"));
}
