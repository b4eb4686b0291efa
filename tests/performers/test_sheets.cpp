// Contact sheets, PNG files and degraded pictures.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "train/performers/contact_sheet.h"
#include "train/performers/performer.h"
#include "train/performers/picture_degradations.h"

using namespace mirrorme;

namespace {

RgbaImage gradient(int width, int height) {
    RgbaImage image(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            std::uint8_t* p = image.at(x, y);
            p[0] = static_cast<std::uint8_t>(255 * x / width);
            p[1] = static_cast<std::uint8_t>(255 * y / height);
            p[2] = (x / 4 + y / 4) % 2 == 0 ? 200 : 60;
            p[3] = x < width / 2 ? 255 : 90;
        }
    return image;
}

double error_between(const RgbaImage& a, const RgbaImage& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
    return sum / static_cast<double>(a.pixels.size());
}

}  // namespace

TEST_CASE("a contact sheet holds every cell") {
    std::vector<SheetCell> cells;
    for (int i = 0; i < 5; ++i) cells.push_back({gradient(40, 60), "cell " + std::to_string(i)});
    SheetLayout layout;
    layout.columns = 3;
    const RgbaImage sheet = contact_sheet(cells, layout);
    CHECK(sheet.width == 8 + 3 * 48);
    CHECK(sheet.height == 8 + 2 * (60 + 18 + 8));
    // Opaque cell pixels come out as they went in; the sheet itself is opaque.
    for (int c = 0; c < 3; ++c) CHECK(std::abs(sheet.at(8 + 5, 8 + 30)[c] - cells[0].image.at(5, 30)[c]) <= 1);
    for (std::size_t i = 3; i < sheet.pixels.size(); i += 4) REQUIRE(sheet.pixels[i] == 255);
    CHECK_THROWS_AS(contact_sheet({}), Error);
    CHECK_THROWS_AS(contact_sheet(std::vector<SheetCell>(2, {RgbaImage(9000, 10), ""})), Error);
}

TEST_CASE("write_sheet writes a whole PNG or nothing") {
    const std::filesystem::path folder = std::filesystem::temp_directory_path() / "mirrorme_test_png";
    std::filesystem::create_directories(folder);
    const std::filesystem::path file = folder / "picture.png";
    write_sheet(file, gradient(33, 17));
    std::ifstream in(file, std::ios::binary);
    std::string head(24, '\0');
    in.read(head.data(), 24);
    CHECK(head.substr(1, 3) == "PNG");
    CHECK(static_cast<unsigned char>(head[19]) == 33);
    CHECK(static_cast<unsigned char>(head[23]) == 17);
    CHECK_THROWS_AS(write_sheet(folder / "no" / "such.png", gradient(4, 4)), Error);
    CHECK_THROWS_AS(write_sheet(folder / "empty.png", RgbaImage()), Error);
    CHECK_FALSE(std::filesystem::exists(folder / "empty.png"));
    std::filesystem::remove_all(folder);
}

TEST_CASE("degradations change colours, keep alpha and repeat") {
    const RgbaImage clean = gradient(67, 45);
    RgbaImage same = clean;
    degrade(same, PictureDegradation{}, 1);
    CHECK(same.pixels == clean.pixels);
    auto with = [&](auto set) {
        PictureDegradation d;
        set(d);
        RgbaImage image = clean, again = clean;
        degrade(image, d, 9);
        degrade(again, d, 9);
        REQUIRE(image.pixels == again.pixels);
        for (std::size_t i = 3; i < image.pixels.size(); i += 4) REQUIRE(image.pixels[i] == clean.pixels[i]);
        return error_between(image, clean);
    };
    CHECK(with([](PictureDegradation& d) { d.resample = 0.8f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.blur = 1.2f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.contrast = -0.5f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.gamma = 0.6f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.warmth = 0.8f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.saturation = -0.7f; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.vignette = 1; }) > 0.5);
    CHECK(with([](PictureDegradation& d) { d.noise = 5; }) > 1);
    CHECK(with([](PictureDegradation& d) { d.sharpened = true; }) > 0.5);
    const double light = with([](PictureDegradation& d) { d.blocks = 0.1f; }), heavy = with([](PictureDegradation& d) { d.blocks = 0.9f; });
    CHECK(light < 4);
    CHECK(heavy > light + 1);
}

TEST_CASE("drawn degradations depend on the seed and vanish at strength 0") {
    int touched = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const PictureDegradation none = draw_degradation(seed, 0), some = draw_degradation(seed, 1);
        CHECK(none.noise == 0);
        CHECK(none.blocks == 0);
        CHECK_FALSE(none.sharpened);
        touched += some.noise > 0 || some.blocks > 0 || some.blur > 0 || some.gamma != 0;
    }
    CHECK(touched > 30);
}
