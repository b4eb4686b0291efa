#include "train/motion_preview.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mirrorme {
namespace {

constexpr int kWidth = 192, kHeight = 256;      // of one body
constexpr float kUnit = 44, kEyesX = 96, kEyesY = 84;  // pixels of a face unit, and where the eyes are

using Colour = std::array<std::uint8_t, 3>;
constexpr Colour kLine{40, 40, 48}, kLip{190, 40, 60}, kMouth{90, 10, 20}, kIris{30, 80, 160}, kHand{160, 90, 30}, kBody{120, 120, 130};

/// One body on its half of the picture.
class Sketch {
public:
    Sketch(RgbaImage& image, int left, const KeyPointFrame& frame) : image_(image), left_(left), frame_(frame) {}

    void draw() {
        using namespace point;
        line(kJaw, kJawCount, kLine);
        line(kCrown, kCrownCount, kBody);
        line(kNose, 2, kLine);
        for (int brow : {kRightBrow, kLeftBrow}) line(brow, kBrowCount, kLine);
        for (int eye : {kRightEye, kLeftEye}) ring(eye, kEyeCount, kLine);
        for (int iris : {kRightIris, kLeftIris}) segment(iris, iris + 1, kIris);
        ring(kOuterLips, kOuterLipsCount, kLip);
        ring(kInnerLips, kInnerLipsCount, kMouth);
        segment(kShoulders, kShoulders + 1, kBody);
        segment(kNeck, kShoulders, kBody);
        segment(kNeck + 1, kShoulders + 1, kBody);
        arm(kLeftHand, kShoulders + 1);
        arm(kRightHand, kShoulders);
    }

private:
    void arm(int hand, int shoulder) {
        if (frame_.points[static_cast<std::size_t>(hand + point::kWrist)].confidence < 0.3f) return;
        segment(shoulder, hand + point::kElbow, kHand);
        segment(hand + point::kElbow, hand + point::kWrist, kHand);
        for (int finger = 0; finger < 5; ++finger) {
            const int knuckle = hand + point::kFingers + 4 * finger;
            segment(hand + point::kWrist, knuckle, kHand);
            line(knuckle, 4, kHand);
        }
    }
    void line(int first, int count, const Colour& colour) {
        for (int i = first; i + 1 < first + count; ++i) segment(i, i + 1, colour);
    }
    void ring(int first, int count, const Colour& colour) {
        line(first, count, colour);
        segment(first + count - 1, first, colour);
    }
    void segment(int from, int to, const Colour& colour) {
        const KeyPoint &a = frame_.points[static_cast<std::size_t>(from)], &b = frame_.points[static_cast<std::size_t>(to)];
        if (!std::isfinite(a.x + a.y + b.x + b.y)) return;
        const float dx = (b.x - a.x) * kUnit, dy = (b.y - a.y) * kUnit;
        const int dots = std::clamp(static_cast<int>(std::max(std::abs(dx), std::abs(dy))) * 2, 1, 2 * kHeight);
        for (int i = 0; i <= dots; ++i) {
            const float t = static_cast<float>(i) / static_cast<float>(dots);
            dot(kEyesX + a.x * kUnit + t * dx, kEyesY + a.y * kUnit + t * dy, colour);
        }
    }
    void dot(float x, float y, const Colour& colour) {
        if (!(x >= 0 && y >= 0 && x < kWidth && y < kHeight)) return;
        std::uint8_t* pixel = image_.at(left_ + static_cast<int>(x), static_cast<int>(y));
        std::copy(colour.begin(), colour.end(), pixel);
    }

    RgbaImage& image_;
    int left_;
    const KeyPointFrame& frame_;
};

}  // namespace

RgbaImage draw_side_by_side(const KeyPointFrame& left, const KeyPointFrame& right) {
    RgbaImage image(2 * kWidth, kHeight);
    std::fill(image.pixels.begin(), image.pixels.end(), std::uint8_t{255});
    Sketch(image, 0, left).draw();
    Sketch(image, kWidth, right).draw();
    return image;
}

}  // namespace mirrorme
