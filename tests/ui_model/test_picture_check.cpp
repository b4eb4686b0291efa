#include "ui/model/picture_check.h"

#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>

using namespace mirrorme::ui;

namespace {

PictureCheck check_text(const std::string& content) { return check_picture(std::as_bytes(std::span(content.data(), content.size())), "me.png"); }

std::string golden(const std::string& name) {
    std::ifstream file(MIRRORME_SOURCE_DIR "/tests/golden/media/" + name, std::ios::binary);
    REQUIRE(file);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string big(std::uint32_t value, int width) {
    std::string text;
    for (int i = width - 1; i >= 0; --i) text += static_cast<char>(value >> (8 * i) & 0xff);
    return text;
}

std::string chunk(const std::string& name, const std::string& body) { return big(static_cast<std::uint32_t>(body.size()), 4) + name + body + "crc!"; }

std::string png(std::uint32_t width, std::uint32_t height, const std::string& before_pixels = {}) {
    return "\x89PNG\r\n\x1a\n" + chunk("IHDR", big(width, 4) + big(height, 4) + std::string("\x08\x06\0\0\0", 5)) + before_pixels + chunk("IDAT", "pixels");
}

std::string jpeg(std::uint32_t width, std::uint32_t height, char components) {
    const std::string frame = std::string(1, '\x08') + big(height, 2) + big(width, 2) + components + std::string(3 * static_cast<std::size_t>(components), '\x11');
    return "\xff\xd8\xff\xe0" + big(4, 2) + "JF" + "\xff\xc0" + big(static_cast<std::uint32_t>(frame.size() + 2), 2) + frame + "\xff\xda";
}

}  // namespace

TEST_CASE("pictures of a good size are accepted without remark") {
    const PictureCheck check = check_text(png(768, 1152));
    CHECK(check.accepted());
    CHECK(check.problem.empty());
    CHECK(check.remark.empty());
    CHECK(check.width == 768);
    CHECK(check.height == 1152);
    CHECK(check_text(jpeg(768, 1152, 3)).accepted());
    CHECK(check_text(jpeg(768, 1152, 3)).height == 1152);
}

TEST_CASE("what cannot become an avatar is refused with its reason") {
    CHECK(check_text("").fault == PictureFault::empty);
    CHECK(check_text("Dear Sir or Madam").fault == PictureFault::not_a_picture);
    CHECK(check_text(golden("picture.gif")).fault == PictureFault::animated);
    CHECK(check_text(golden("animated.webp")).fault == PictureFault::animated);
    CHECK(check_text("8BPS....").problem == Phrase{"Panel.Picture.Unsupported", {"me.png", "Photoshop"}});
    CHECK(check_text(std::string("\0\0\0\x18" "ftypheic", 12)).fault == PictureFault::unsupported_kind);
    CHECK(check_text(png(127, 4000)).fault == PictureFault::too_small);
    CHECK(check_text(png(127, 4000)).problem == Phrase{"Panel.Picture.TooSmall", {"me.png", "127", "4000", "128"}});
    CHECK(check_text(png(128, 128)).accepted());
    CHECK(check_text(png(8000, 8000)).accepted());  // 64 million, the engine's limit
    CHECK(check_text(png(8000, 8001)).fault == PictureFault::too_large);
    CHECK(check_text(png(0xffffffff, 0xffffffff)).fault == PictureFault::too_large);
    CHECK(check_text(png(0, 500)).fault == PictureFault::damaged);
}

TEST_CASE("what is accepted with a loss says so") {
    CHECK(check_text(jpeg(800, 1200, 4)).remark.key == "Panel.Picture.Cmyk");
    CHECK(check_text(png(300, 400)).remark.key == "Panel.Picture.Soft");
    CHECK(check_text(png(800, 1200, chunk("acTL", "12345678"))).remark.key == "Panel.Picture.FirstOnly");
    CHECK(check_text(png(800, 1200, chunk("tEXt", "acTL"))).remark.empty());
}

TEST_CASE("real files of every kind give their size") {
    for (const char* name : {"grey.png", "palette.png", "grey16.png", "grey.jpg", "progressive.jpg", "cmyk.jpg", "lossy.webp", "alpha.webp", "alpha_lossy.webp"}) {
        INFO(name);
        const PictureCheck check = check_text(golden(name));
        CHECK(check.fault == PictureFault::too_small);  // they are a few pixels wide
        CHECK(check.width > 0);
        CHECK(check.width < 100);
        CHECK(check.height > 0);
        CHECK(check.height < 100);
    }
}

TEST_CASE("a file cut short anywhere is refused or measured, never read past its end") {
    for (const std::string& whole : {png(768, 1152), jpeg(768, 1152, 3), golden("lossy.webp"), golden("alpha.webp"), golden("progressive.jpg"), golden("animated.webp")})
        for (std::size_t size = 0; size < whole.size(); ++size) {
            const std::string part = whole.substr(0, size);
            const PictureCheck check = check_text(part);
            CHECK(check.accepted() == check.problem.empty());
        }
    CHECK(check_text(png(768, 1152).substr(0, 30)).fault == PictureFault::damaged);
    CHECK(check_text("\xff\xd8\xff\xe0").fault == PictureFault::damaged);
}
