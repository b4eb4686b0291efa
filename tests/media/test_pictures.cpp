#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <array>
#include <cstdlib>

#include "media/picture.h"
#include "media_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

using Colour = std::array<int, 4>;
constexpr Colour kRed = {255, 0, 0, 255}, kGreen = {0, 255, 0, 255}, kBlue = {0, 0, 255, 255}, kWhite = {255, 255, 255, 255};

/// Top left, top right, bottom left, bottom right, each in the middle of its quarter.
std::array<Colour, 4> quarters(const RgbaImage& image) {
    std::array<Colour, 4> found;
    for (int i = 0; i < 4; ++i) {
        const std::uint8_t* p = image.at(image.width * (i % 2 ? 3 : 1) / 4, image.height * (i / 2 ? 3 : 1) / 4);
        found[static_cast<std::size_t>(i)] = {p[0], p[1], p[2], p[3]};
    }
    return found;
}

bool near(const Colour& a, const Colour& b, int tolerance) {
    for (std::size_t i = 0; i < 4; ++i)
        if (std::abs(a[i] - b[i]) > tolerance) return false;
    return true;
}

void check_quarters(const RgbaImage& image, const std::array<Colour, 4>& expected, int tolerance) {
    const auto found = quarters(image);
    for (std::size_t i = 0; i < 4; ++i) {
        INFO("quarter " << i << ": " << found[i][0] << ' ' << found[i][1] << ' ' << found[i][2] << ' ' << found[i][3]);
        CHECK(near(found[i], expected[i], tolerance));
    }
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

RgbaImage four_quarters() {
    RgbaImage image(12, 8);
    for (int y = 0; y < 8; ++y)
        for (int x = 0; x < 12; ++x) {
            const Colour& c = y < 4 ? (x < 6 ? kRed : kGreen) : (x < 6 ? kBlue : kWhite);
            for (int i = 0; i < 4; ++i) image.at(x, y)[i] = static_cast<std::uint8_t>(c[static_cast<std::size_t>(i)]);
        }
    return image;
}

/// A TIFF block with one entry that says how the picture is turned.
std::string exif(int orientation, bool big_endian) {
    std::string out = big_endian ? std::string("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", 19) : std::string("II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0", 18);
    out += static_cast<char>(orientation);
    out += std::string(big_endian ? 2 : 3, '\0');
    return out + std::string(4, '\0');
}

std::string jpeg_with_exif(const std::string& tiff) {
    const std::string jpeg = get(fixture("progressive.jpg"));
    const std::string body = std::string("Exif\0\0", 6) + tiff;
    std::string segment = "\xff\xe1";
    segment += static_cast<char>((body.size() + 2) >> 8);
    segment += static_cast<char>((body.size() + 2) & 255);
    return jpeg.substr(0, 2) + segment + body + jpeg.substr(2);
}

std::uint32_t crc32(const std::string& data) {
    std::uint32_t crc = ~0u;
    for (const char c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

std::string big32(std::uint32_t value) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
    return out;
}

std::string png_chunk(const std::string& type, const std::string& data) {
    return big32(static_cast<std::uint32_t>(data.size())) + type + data + big32(crc32(type + data));
}

std::string png_bytes(const RgbaImage& image) {
    const auto png = encode_png(image);
    return {reinterpret_cast<const char*>(png.data()), png.size()};
}

}  // namespace

TEST_CASE("pictures of every kind are read", "[picture]") {
    check_quarters(read_picture(fixture("progressive.jpg")), {kRed, kGreen, kBlue, kWhite}, 6);
    check_quarters(read_picture(fixture("cmyk.jpg")), {kRed, kGreen, kBlue, kWhite}, 12);
    check_quarters(read_picture(fixture("lossy.webp")), {kRed, kGreen, kBlue, kWhite}, 12);
    check_quarters(read_picture(fixture("palette.png")), {kRed, kGreen, kBlue, kWhite}, 0);
    const Colour red_grey = {76, 76, 76, 255}, green_grey = {150, 150, 150, 255}, blue_grey = {29, 29, 29, 255};
    check_quarters(read_picture(fixture("grey.png")), {red_grey, green_grey, blue_grey, kWhite}, 1);
    check_quarters(read_picture(fixture("grey_alpha.png")), {red_grey, green_grey, blue_grey, kWhite}, 1);
    check_quarters(read_picture(fixture("grey.jpg")), {red_grey, green_grey, blue_grey, kWhite}, 3);

    const RgbaImage bits = read_picture(fixture("bits.png"));
    CHECK(near(quarters(bits)[3], kWhite, 0));
    const RgbaImage deep = read_picture(fixture("grey16.png"));
    for (int i = 0; i < 96; ++i) CHECK(std::abs(deep.at(i % 12, i / 12)[1] - 2 * i) <= 1);
}

TEST_CASE("alpha is straight and exact", "[picture]") {
    const std::array<Colour, 4> expected = {Colour{255, 0, 0, 0}, kGreen, Colour{0, 0, 255, 128}, kWhite};
    check_quarters(read_picture(fixture("alpha.webp")), expected, 0);
    const auto lossy = quarters(read_picture(fixture("alpha_lossy.webp")));
    for (std::size_t i = 0; i < 4; ++i) CHECK(lossy[i][3] == expected[i][3]);
}

TEST_CASE("a PNG comes back bit for bit", "[picture]") {
    const TempFolder folder;
    RgbaImage image(37, 23);
    for (std::size_t i = 0; i < image.pixels.size(); ++i) image.pixels[i] = static_cast<std::uint8_t>(i * 2654435761u >> 13);
    write_png(folder / "a.png", image);
    const RgbaImage back = read_picture(folder / "a.png");
    CHECK(back.width == 37);
    CHECK(back.pixels == image.pixels);
    CHECK(count_files(folder.path()) == 1);
}

TEST_CASE("EXIF orientations 1 to 8 turn the picture upright", "[picture]") {
    // Stored: red green / blue white. What a viewer must see, for each orientation.
    const std::array<std::array<Colour, 4>, 8> seen = {{{kRed, kGreen, kBlue, kWhite},
                                                         {kGreen, kRed, kWhite, kBlue},
                                                         {kWhite, kBlue, kGreen, kRed},
                                                         {kBlue, kWhite, kRed, kGreen},
                                                         {kRed, kBlue, kGreen, kWhite},
                                                         {kBlue, kRed, kWhite, kGreen},
                                                         {kWhite, kGreen, kBlue, kRed},
                                                         {kGreen, kWhite, kRed, kBlue}}};
    const int orientation = GENERATE(range(1, 9));
    INFO("orientation " << orientation);
    const auto& expected = seen[static_cast<std::size_t>(orientation - 1)];
    for (const bool big_endian : {false, true}) {
        const std::string tiff = exif(orientation, big_endian);
        CHECK(exif_orientation(bytes_of(tiff)) == orientation);
        const RgbaImage jpeg = decode_picture(bytes_of(jpeg_with_exif(tiff)), "x.jpg");
        CHECK(jpeg.width == (orientation >= 5 ? 32 : 48));
        check_quarters(jpeg, expected, 6);
        std::string png = png_bytes(four_quarters());
        png.insert(33, png_chunk("eXIf", tiff));
        check_quarters(decode_picture(bytes_of(png), "x.png"), expected, 0);
    }
    const RgbaImage webp = read_picture(fixture("turned.webp"));
    CHECK(webp.width == 8);
    check_quarters(webp, seen[5], 0);
}

TEST_CASE("damaged EXIF is as none", "[picture]") {
    const std::string good = exif(6, true);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const int orientation = exif_orientation(bytes_of(good.substr(0, size)));
        CHECK((orientation == 1 || orientation == 6));
    }
    CHECK(exif_orientation(bytes_of(exif(9, false))) == 1);
    CHECK(exif_orientation(bytes_of(exif(0, true))) == 1);
    CHECK(exif_orientation(bytes_of(std::string("MM\0*\xff\xff\xff\xff", 8))) == 1);
}

TEST_CASE("what cannot be read is refused with file and remedy", "[picture]") {
    const TempFolder folder;
    struct Case {
        const char* name;
        std::string bytes;
        const char* message;
        ErrorCode code = ErrorCode::unreadable;
    };
    const std::string png = png_bytes(four_quarters());
    std::string huge = png, zero = png, flipped = png;
    huge.replace(16, 8, big32(100'000) + big32(100'000));
    huge.replace(12, 21, png_chunk("IHDR", huge.substr(16, 13)).substr(4));
    zero.replace(16, 4, big32(0));
    flipped[50] = static_cast<char>(flipped[50] ^ 0x55);
    std::string huge_jpeg = get(fixture("progressive.jpg"));
    huge_jpeg.replace(huge_jpeg.find("\xff\xc2") + 5, 4, "\xff\xff\xff\xff");
    std::string huge_webp = get(fixture("alpha.webp"));
    huge_webp.replace(huge_webp.find("VP8L") + 9, 4, "\xff\xff\xff\xff");
    const std::vector<Case> cases = {
        {"zero.png", "", "is empty"},
        {"text.png", "this is not a picture at all", "not a picture"},
        {"cut.png", png.substr(0, png.size() / 2), "truncated"},
        {"no-end.png", png.substr(0, png.size() - 12), "truncated"},
        {"header-only.png", png.substr(0, 20), "truncated"},
        {"signature.png", png.substr(0, 8), "header"},
        {"huge.png", huge, "64 million", ErrorCode::too_large},
        {"zero-wide.png", zero, "size is 0"},
        {"flipped.png", flipped, "cannot decode"},
        {"cut.jpg", get(fixture("progressive.jpg")).substr(0, 400), "truncated"},
        {"start.jpg", "\xff\xd8\xff", "truncated"},
        {"huge.jpg", huge_jpeg, "64 million", ErrorCode::too_large},
        {"cut.webp", get(fixture("lossy.webp")).substr(0, 90), "truncated"},
        {"huge.webp", huge_webp, "64 million", ErrorCode::too_large},
        {"animated.webp", get(fixture("animated.webp")), "animated", ErrorCode::unsupported},
        {"picture.gif", get(fixture("picture.gif")), "a GIF"},
        {"video.mp4", std::string("\0\0\0\x20" "ftypisom", 12) + std::string(64, '\0'), "a video"},
    };
    for (const Case& bad : cases) {
        INFO(bad.name);
        put(folder / bad.name, bad.bytes);
        const Error error = error_of([&] { read_picture(folder / bad.name); });
        CHECK(error.code() == bad.code);
        CHECK_THAT(error.what(), ContainsSubstring(bad.message));
        CHECK_THAT(error.what(), ContainsSubstring(bad.name));
        CHECK(!error.remedy().empty());
    }
    CHECK(error_of([&] { read_picture(folder / "none.png"); }).code() == ErrorCode::not_found);
    CHECK_THAT(error_of([&] { read_picture(folder.path()); }).what(), ContainsSubstring("is a folder"));
}

TEST_CASE("no damage of a small picture does more than fail", "[picture]") {
    for (const char* name : {"progressive.jpg", "alpha.webp", "lossy.webp", "palette.png", "cmyk.jpg"}) {
        const std::string good = get(fixture(name));
        for (std::size_t at = 0; at < good.size(); ++at) {
            std::string bad = good;
            bad[at] = static_cast<char>(bad[at] ^ (1 << at % 8));
            try {
                const RgbaImage image = decode_picture(bytes_of(bad), name);
                REQUIRE(image.pixels.size() == static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 4);
            } catch (const Error&) {
            }
            try {
                decode_picture(bytes_of(good.substr(0, at)), name);
            } catch (const Error&) {
            }
        }
    }
}
