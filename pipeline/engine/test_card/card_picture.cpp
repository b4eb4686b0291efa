#include "engine/test_card/card_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mirrorme {
namespace {

// Bars from left to right: 1 0 1 (marks), 44 bits of the index (most significant first), 8 check bits, 0 1 0 ... black margin.
constexpr int kMarkBars = 3, kIndexBits = 44, kCheckBits = 8;
constexpr int kBars = kMarkBars + kIndexBits + kCheckBits + 1;
constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kIndexBits) - 1;

struct Colour { std::uint8_t b, g, r, a; };
constexpr Colour kSkin{150, 190, 235, 255}, kMouth{30, 20, 60, 255}, kBack{120, 100, 90, 255}, kWhite{255, 255, 255, 255}, kBlack{0, 0, 0, 255};

std::uint64_t check_of(std::uint64_t index) {
    std::uint64_t check = 0x5a;  // so that neither black nor white frames read as an index
    for (int i = 0; i < kIndexBits; i += 8) check = (check * 31 + ((index >> i) & 255)) & 255;
    return check;
}

std::array<bool, kBars> bars_of(SampleIndex sample) {
    const std::uint64_t index = static_cast<std::uint64_t>(sample) & kIndexMask;
    const std::uint64_t check = check_of(index);
    std::array<bool, kBars> bars{};
    bars[0] = bars[2] = true;
    for (int i = 0; i < kIndexBits; ++i) bars[static_cast<std::size_t>(kMarkBars + i)] = (index >> (kIndexBits - 1 - i)) & 1;
    for (int i = 0; i < kCheckBits; ++i) bars[static_cast<std::size_t>(kMarkBars + kIndexBits + i)] = (check >> (kCheckBits - 1 - i)) & 1;
    return bars;
}

struct Canvas {
    FramePixels& pixels;
    int width;
    void set(int x, int y, Colour c) {
        std::uint8_t* p = pixels.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 4;
        p[0] = c.b, p[1] = c.g, p[2] = c.r, p[3] = c.a;
    }
};

bool inside_ellipse(double x, double y, double rx, double ry) { return rx > 0 && ry > 0 && (x * x) / (rx * rx) + (y * y) / (ry * ry) <= 1; }

int bar_rows(int height) { return height / 6; }
double mouth_centre_y(int height) { return height * 0.6; }
double mouth_radius(int height) { return height * 0.2; }

/// 0 .. 255, of the green channel.
int level(const VideoFrame& frame, int x, int y) {
    return (*frame.pixels)[(static_cast<std::size_t>(y) * static_cast<std::size_t>(frame.width) + static_cast<std::size_t>(x)) * 4 + 1];
}

}  // namespace

void draw_card(FramePixels& pixels, int width, int height, const CardContent& content) {
    pixels.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
    Canvas canvas{pixels, width};
    const auto bars = bars_of(content.first_sample);
    const double open = std::clamp(content.mouth, 0.0f, 1.0f) * mouth_radius(height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            if (y < bar_rows(height)) {
                canvas.set(x, y, bars[static_cast<std::size_t>(x * kBars / width)] ? kWhite : kBlack);
                continue;
            }
            const double dx = x + 0.5 - width / 2.0, dy = y + 0.5 - mouth_centre_y(height);
            Colour colour = kBack;
            if (!content.opaque) colour.a = x < width / 3 ? 128 : x >= width - width / 3 ? 0 : 255;
            if (inside_ellipse(dx, dy, width * 0.3, height * 0.3)) colour = kSkin;
            if (inside_ellipse(dx, dy, width * 0.15, open)) colour = kMouth;
            if (content.gesture > 0 && x > width * 7 / 8 && y > height * 7 / 8) {
                const auto v = static_cast<std::uint8_t>(255 * std::min(content.gesture, 1.0f));
                colour = {v, v, v, 255};
            }
            canvas.set(x, y, colour);
        }
}

std::optional<SampleIndex> read_card_time(const VideoFrame& frame) {
    if (!well_formed(frame)) return std::nullopt;
    std::uint64_t bits = 0;
    const int rows = bar_rows(frame.height);
    for (int bar = 0; bar < kBars; ++bar) {
        const int x = (2 * bar + 1) * frame.width / (2 * kBars);
        int sum = 0, count = 0;
        for (int y = rows / 4; y < rows * 3 / 4; ++y, ++count) sum += level(frame, x, y);
        const bool white = count > 0 && sum > 127 * count;
        if (bar < kMarkBars) {
            if (white != (bar != 1)) return std::nullopt;
        } else if (bar < kBars - 1) {
            bits = (bits << 1) | (white ? 1 : 0);
        }
    }
    const std::uint64_t index = bits >> kCheckBits;
    if ((bits & ((1u << kCheckBits) - 1)) != check_of(index)) return std::nullopt;
    // Sign-extend: media time may be negative.
    const bool negative = (index >> (kIndexBits - 1)) & 1;
    return static_cast<SampleIndex>(negative ? index | ~kIndexMask : index);
}

float read_card_mouth(const VideoFrame& frame) {
    if (!well_formed(frame)) return 0;
    int dark = 0;
    const int x = frame.width / 2;
    const int top = static_cast<int>(mouth_centre_y(frame.height) - mouth_radius(frame.height)) - 1;
    const int bottom = static_cast<int>(mouth_centre_y(frame.height) + mouth_radius(frame.height)) + 1;
    for (int y = top; y <= bottom; ++y) dark += level(frame, x, y) < 105 ? 1 : 0;
    return static_cast<float>(dark / (2 * mouth_radius(frame.height)));
}

}  // namespace mirrorme
