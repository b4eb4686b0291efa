#include <array>
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <vector>

#include "kernels/include/operations.h"

using namespace mirrorme::kernels;
using Catch::Approx;

namespace {

constexpr Size kSize{32, 16};
constexpr std::size_t kPixels = 32 * 16, kCells = kPixels / 16;

struct Frame {
    std::vector<float> base = std::vector<float>(kPixels * 4, 0.0f), residual = std::vector<float>(kCells * 64, 0.0f), plate;
    std::vector<std::uint8_t> finish() const {
        std::vector<std::uint8_t> out(kPixels * 4, 99);
        cpu_operations().finish_frame({base.data(), residual.data(), plate.empty() ? nullptr : plate.data()}, kSize, out.data());
        return out;
    }
    void set(int x, int y, std::array<float, 4> rgba) { std::copy(rgba.begin(), rgba.end(), base.begin() + 4 * (y * 32 + x)); }
};

}  // namespace

TEST_CASE("premultiplied colour leaves as straight BGRA") {
    Frame frame;
    frame.set(5, 3, {0.25f, 0.1f, 0.4f, 0.5f});
    const std::vector<std::uint8_t> out = frame.finish();
    const std::uint8_t* p = out.data() + 4 * (3 * 32 + 5);
    CHECK(p[0] == 204);  // blue 0.4 / 0.5
    CHECK(p[1] == 51);
    CHECK(p[2] == 128);
    CHECK(p[3] == 128);
}

TEST_CASE("the residual goes to its own pixel of its cell, and nothing leaves the range") {
    Frame frame;
    frame.set(9, 6, {0.2f, 0.2f, 0.2f, 1});
    const std::size_t cell = static_cast<std::size_t>((6 / 4) * 8 + 9 / 4) * 64, pixel = static_cast<std::size_t>((6 % 4) * 16 + (9 % 4) * 4);
    frame.residual[cell + pixel] = 0.5f;       // red
    frame.residual[cell + pixel + 1] = -3.0f;  // green, below black
    frame.residual[cell + pixel + 3] = 2.0f;   // alpha, above one
    const std::vector<std::uint8_t> out = frame.finish();
    const std::uint8_t* p = out.data() + 4 * (6 * 32 + 9);
    CHECK(p[2] == 179);
    CHECK(p[1] == 0);
    CHECK(p[0] == 51);
    CHECK(p[3] == 255);
    CHECK(out[4 * (6 * 32 + 10) + 3] == 0);
}

TEST_CASE("over a plate the frame is opaque and the colours mix") {
    Frame frame;
    frame.plate.assign(kPixels * 3, 0.5f);
    frame.set(4, 4, {0.5f, 0, 0, 0.5f});
    const std::vector<std::uint8_t> out = frame.finish();
    for (std::size_t i = 0; i < kPixels; ++i) REQUIRE(out[4 * i + 3] == 255);
    const std::uint8_t* p = out.data() + 4 * (4 * 32 + 4);
    CHECK(p[2] == 191);
    CHECK(p[1] == 64);
    CHECK(out[0] == 128);
}

TEST_CASE("colour continues under alpha 0 everywhere") {
    Frame frame;
    frame.set(20, 10, {0, 1, 0, 1});
    const std::vector<std::uint8_t> out = frame.finish();
    for (std::size_t i = 0; i < kPixels; ++i) {
        REQUIRE(out[4 * i + 1] == 255);
        REQUIRE(out[4 * i] == 0);
    }
    CHECK(out[3] == 0);
}

TEST_CASE("cells hold pixels, maps, halves and cues at the places the net expects") {
    std::vector<float> base(kPixels * 4), labels(kPixels * 4), maps(kPixels * kMapPlanes), paint(kCells * 4), cells(kCells * kCellChannels);
    for (std::size_t i = 0; i < base.size(); ++i) base[i] = static_cast<float>(i), labels[i] = static_cast<float>(i % 4);
    for (std::size_t i = 0; i < maps.size(); ++i) maps[i] = static_cast<float>(i) + 0.5f;
    for (std::size_t i = 0; i < paint.size(); ++i) paint[i] = -static_cast<float>(i);
    cpu_operations().pack_cells({base.data(), labels.data(), maps.data(), paint.data()}, kSize, cells.data());
    const int gx = 3, gy = 2;
    const float* cell = cells.data() + (gy * 8 + gx) * kCellChannels;
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 4; ++x) {
            const std::size_t pixel = static_cast<std::size_t>((gy * 4 + y) * 32 + gx * 4 + x);
            for (std::size_t c = 0; c < 4; ++c) CHECK(cell[static_cast<std::size_t>(y * 16 + x * 4) + c] == base[4 * pixel + c]);
            for (std::size_t m = 0; m < kMapPlanes; ++m) CHECK(cell[64 + 16 * m + static_cast<std::size_t>(4 * y + x)] == maps[m * kPixels + pixel]);
        }
    for (int i = 0; i < 16; ++i) CHECK(cell[64 + 16 * kMapPlanes + i] == static_cast<float>(i % 4));
    for (int i = 0; i < 4; ++i) CHECK(cell[64 + 16 * kMapPlanes + 16 + i] == paint[static_cast<std::size_t>((gy * 8 + gx) * 4 + i)]);
}

TEST_CASE("paint lies over the picture as far as it covers") {
    std::vector<float> image(kPixels * 4, 1.0f), coverage(kPixels, 0.0f);
    coverage[7] = 0.25f;
    const std::array<float, 4> colour{0, 0.5f, 0, 1};
    cpu_operations().paint_over(coverage.data(), colour.data(), kSize, image.data());
    CHECK(image[28] == Approx(0.75f));
    CHECK(image[29] == Approx(0.875f));
    CHECK(image[31] == Approx(1));
    CHECK(image[32] == 1);
}
