// Performers against what their header promises, on small frames of several seeds and every style.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/generators/catch_generators_range.hpp>

#include <algorithm>
#include <cmath>
#include <set>

#include "train/performers/performer.h"

using namespace mirrorme;

namespace {

constexpr View kView{192, 288, 0.5f, 0, 0, 0};

const KeyPoint& at(const KeyPointFrame& frame, int index) { return frame.points[static_cast<std::size_t>(index)]; }

float distance(const KeyPoint& a, const KeyPoint& b) { return std::hypot(a.x - b.x, a.y - b.y); }

PerformerPose talking() {
    PerformerPose pose;
    pose.mouth.opening = 0.6f;
    pose.mouth.teeth = 0.7f;
    pose.mouth.tongue = 0.4f;
    pose.head.yaw = 12;
    return pose;
}

PerformerPose waving() {
    PerformerPose pose;
    pose.right_arm.raised = 1;
    pose.right_arm.wrist_x = 1.2f;
    pose.right_arm.wrist_y = 0.5f;
    pose.right_arm.spread = 0.7f;
    return pose;
}

int differing(const RgbaImage& a, const RgbaImage& b, int tolerance) {
    int count = 0;
    for (std::size_t i = 0; i < a.pixels.size(); i += 4) {
        int most = 0;
        for (std::size_t c = 0; c < 4; ++c) most = std::max(most, std::abs(a.pixels[i + c] - b.pixels[i + c]));
        count += most > tolerance;
    }
    return count;
}

}  // namespace

TEST_CASE("the same performer, pose and view give the same bytes") {
    const auto style = static_cast<DrawingStyle>(GENERATE(range(0, kDrawingStyleCount)));
    const Performer one(41, style), two(41, style);
    const auto pose = talking();
    const RgbaImage first = one.draw(pose, kView, Backdrop::own);
    one.draw(waving(), kView, Backdrop::transparent);
    CHECK(first.pixels == one.draw(pose, kView, Backdrop::own).pixels);
    CHECK(first.pixels == two.draw(pose, kView, Backdrop::own).pixels);
}

TEST_CASE("styles and seeds draw different characters") {
    std::set<std::vector<std::uint8_t>> pictures;
    for (int style = 0; style < kDrawingStyleCount; ++style)
        for (std::uint64_t seed : {1u, 2u, 3u}) pictures.insert(Performer(seed, static_cast<DrawingStyle>(style)).draw({}, kView, Backdrop::transparent).pixels);
    CHECK(pictures.size() == 3 * kDrawingStyleCount);
}

TEST_CASE("a closed mouth is closed to the last bit, an open one opens and drops the chin") {
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        const Performer performer(seed);
        PerformerPose pose;
        pose.mouth.width = 0.3f;
        pose.mouth.smile = 0.4f;
        const KeyPointFrame shut = performer.key_points(pose, kView);
        for (int i = 1; i <= 3; ++i) {
            CHECK(at(shut, point::kInnerLips + i).x == at(shut, point::kInnerLips + 8 - i).x);
            CHECK(at(shut, point::kInnerLips + i).y == at(shut, point::kInnerLips + 8 - i).y);
        }
        CHECK(shut[Scalar::opening] == 0);
        CHECK(shut[Scalar::teeth] == 0);
        pose.mouth.opening = 0.8f;
        pose.mouth.teeth = 0.5f;
        const KeyPointFrame open = performer.key_points(pose, kView);
        CHECK(at(open, point::kInnerLips + 6).y > at(open, point::kInnerLips + 2).y + 3);
        CHECK(at(open, point::kJaw + 2).y > at(shut, point::kJaw + 2).y + 2);
        CHECK(open[Scalar::teeth] > 0.4f);
        // The lips do not cross themselves.
        CHECK(at(open, point::kOuterLips + 3).y < at(open, point::kInnerLips + 2).y);
        CHECK(at(open, point::kOuterLips + 9).y > at(open, point::kInnerLips + 6).y);
    }
}

TEST_CASE("pressed lips close an opening") {
    PerformerPose pose;
    pose.mouth.opening = 0.7f;
    pose.mouth.press = 1;
    const KeyPointFrame frame = Performer(5).key_points(pose, kView);
    CHECK(frame[Scalar::opening] == 0);
    CHECK(at(frame, point::kInnerLips + 2).y == at(frame, point::kInnerLips + 6).y);
}

TEST_CASE("the face stays inside the frame at the limits of its poses") {
    for (const float framing : {0.0f, 0.5f, 1.0f})
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
            const Performer performer(seed);
            for (const float yaw : {-25.0f, 0.0f, 25.0f})
                for (const float pitch : {-15.0f, 15.0f}) {
                    PerformerPose pose;
                    pose.head = {yaw, pitch, yaw * 0.5f, 0, 0};
                    pose.mouth.opening = 1;
                    const KeyPointFrame frame = performer.key_points(pose, View{256, 384, framing, 0, 0, 0});
                    for (int i = 0; i < point::kNeck; ++i) {
                        INFO("seed " << seed << " framing " << framing << " yaw " << yaw << " point " << point_name(i));
                        CHECK(at(frame, i).confidence > 0);
                    }
                }
        }
}

TEST_CASE("key points keep the order and sides their schema states") {
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        const KeyPointFrame frame = Performer(seed).key_points({}, kView);
        CHECK(at(frame, point::kRightEye).x < at(frame, point::kRightEye + 4).x);
        CHECK(at(frame, point::kRightEye + 4).x < at(frame, point::kLeftEye).x);
        CHECK(at(frame, point::kRightEye + 2).y < at(frame, point::kRightEye + 6).y);
        CHECK(at(frame, point::kRightIris + 1).x > at(frame, point::kRightIris).x);
        CHECK(at(frame, point::kOuterLips).x < at(frame, point::kOuterLips + 6).x);
        CHECK(at(frame, point::kJaw).x < at(frame, point::kJaw + 4).x);
        CHECK(at(frame, point::kJaw + 2).y > at(frame, point::kJaw).y);
        CHECK(at(frame, point::kCrown).x < at(frame, point::kCrown + 4).x);
        CHECK(at(frame, point::kCrown + 2).y < at(frame, point::kFaceContour + 6).y);
        CHECK(at(frame, point::kFaceContour + 6).y < at(frame, point::kFaceContour + 7).y);
        CHECK(at(frame, point::kRightHand + point::kWrist).x < at(frame, point::kLeftHand + point::kWrist).x);
        CHECK(at(frame, point::kShoulders).x < at(frame, point::kShoulders + 1).x);
        // At rest the hands are below the frame: known, not seen.
        CHECK(at(frame, point::kRightHand + point::kWrist).confidence == 0);
    }
}

TEST_CASE("turning the head moves the nose the way the schema says") {
    const Performer performer(7);
    PerformerPose pose;
    const float straight = at(performer.key_points(pose, kView), point::kNose + 1).x;
    pose.head.yaw = 20;
    const KeyPointFrame turned = performer.key_points(pose, kView);
    CHECK(at(turned, point::kNose + 1).x > straight + 3);
    CHECK(turned[Scalar::yaw] == 20);
    pose.head = {};
    pose.head.pitch = 12;
    CHECK(at(performer.key_points(pose, kView), point::kNose + 1).y > at(performer.key_points({}, kView), point::kNose + 1).y + 1);
    pose.head = {};
    pose.head.roll = 10;
    const KeyPointFrame rolled = performer.key_points(pose, kView);
    CHECK(at(rolled, point::kLeftEye).y > at(rolled, point::kRightEye).y);
    CHECK(face_frame_of(rolled).roll > 0);
}

TEST_CASE("points move smoothly with the pose") {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Performer performer(seed);
        KeyPointFrame before;
        for (int step = 0; step <= 200; ++step) {
            const float t = static_cast<float>(step) / 200;
            PerformerPose pose;
            pose.head.yaw = -25 + 50 * t;
            pose.head.pitch = 15 * std::sin(6 * t);
            pose.mouth.opening = t;
            pose.eyes.lid_left = 1 - t;
            pose.right_arm.raised = t;
            pose.right_arm.wrist_x = 1;
            pose.right_arm.wrist_y = 1 - t;
            pose.right_arm.palm = 1 - 2 * t;
            const KeyPointFrame now = performer.key_points(pose, kView);
            if (step > 0)
                for (int i = 0; i < point::kCount; ++i) {
                    INFO("seed " << seed << " step " << step << " point " << point_name(i));
                    CHECK(distance(at(now, i), at(before, i)) < 4.0f);
                }
            before = now;
        }
    }
}

TEST_CASE("the matte is the same character that stands before its own background") {
    const auto style = static_cast<DrawingStyle>(GENERATE(range(0, kDrawingStyleCount)));
    const Performer performer(23, style);
    const RgbaImage cut = performer.draw(waving(), kView, Backdrop::transparent), whole = performer.draw(waving(), kView, Backdrop::own);
    int opaque = 0, clear = 0, wrong = 0;
    for (std::size_t i = 0; i < cut.pixels.size(); i += 4) {
        REQUIRE(whole.pixels[i + 3] == 255);
        opaque += cut.pixels[i + 3] == 255;
        clear += cut.pixels[i + 3] == 0;
        if (cut.pixels[i + 3] != 255) continue;
        for (std::size_t c = 0; c < 3; ++c) wrong += std::abs(cut.pixels[i + c] - whole.pixels[i + c]) > 3;
    }
    CHECK(opaque > kView.width * kView.height / 5);
    CHECK(clear > kView.width * kView.height / 8);
    CHECK(wrong < opaque / 500);
}

TEST_CASE("shut lids hide the eye") {
    for (int style = 0; style < kDrawingStyleCount; ++style) {
        const Performer performer(31, static_cast<DrawingStyle>(style));
        const View close{256, 384, 0, 0, 0, 0};
        PerformerPose open, shut;
        shut.eyes.lid_left = shut.eyes.lid_right = 0;
        const KeyPointFrame points = performer.key_points(open, close), closed = performer.key_points(shut, close);
        CHECK(at(points, point::kLeftIris).confidence == 1);
        CHECK(at(closed, point::kLeftIris).confidence < 1);
        for (int i = 1; i <= 3; ++i) CHECK(distance(at(closed, point::kLeftEye + i), at(closed, point::kLeftEye + 8 - i)) < 1e-3f);
        // Where the pupil was, there is lid now: about the colour of the cheek below it.
        const RgbaImage a = performer.draw(open, close, Backdrop::transparent), b = performer.draw(shut, close, Backdrop::transparent);
        auto pixel = [](const RgbaImage& picture, const KeyPoint& p) { return picture.at(static_cast<int>(p.x), static_cast<int>(p.y)); };
        auto apart = [](const std::uint8_t* p, const std::uint8_t* q) { return std::abs(p[0] - q[0]) + std::abs(p[1] - q[1]) + std::abs(p[2] - q[2]); };
        const KeyPoint& pupil = at(points, point::kLeftIris);
        const KeyPoint cheek{pupil.x, at(closed, point::kNose + 1).y, 1};
        const std::uint8_t* skin = pixel(b, cheek);
        INFO("style " << style);
        CHECK(apart(pixel(a, pupil), skin) > 150);
        CHECK(apart(pixel(b, pupil), skin) < 120);
    }
}

TEST_CASE("hand points lie on the drawn hand") {
    for (int style = 0; style < kDrawingStyleCount; ++style)
        for (std::uint64_t seed : {3u, 8u, 15u}) {
            const Performer performer(seed, static_cast<DrawingStyle>(style));
            const View view{256, 384, 0.9f, 0, 0, 0};
            PerformerPose rest;
            const RgbaImage with = performer.draw(waving(), view, Backdrop::transparent), without = performer.draw(rest, view, Backdrop::transparent);
            const KeyPointFrame frame = performer.key_points(waving(), view);
            int on_hand = 0, seen = 0;
            for (int i = 2; i < point::kHandCount; ++i) {
                const KeyPoint& p = at(frame, point::kRightHand + i);
                if (p.confidence < 1) continue;
                ++seen;
                // A pixel or two inside the tip, towards the knuckle.
                const KeyPoint& knuckle = at(frame, point::kRightHand + 2 + (i - 2) / 4 * 4);
                const int x = static_cast<int>(p.x + (knuckle.x - p.x) * 0.06f), y = static_cast<int>(p.y + (knuckle.y - p.y) * 0.06f);
                const std::uint8_t *a = with.at(x, y), *b = without.at(x, y);
                const int change = std::abs(a[0] - b[0]) + std::abs(a[1] - b[1]) + std::abs(a[2] - b[2]) + std::abs(a[3] - b[3]);
                on_hand += a[3] > 128 && change > 12;
            }
            INFO("style " << style << " seed " << seed);
            REQUIRE(seen >= 15);
            CHECK(on_hand >= seen - 2);
        }
}

TEST_CASE("the wrist goes where the pose sends it") {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        const Performer performer(seed);
        PerformerPose pose = waving();
        pose.right_arm.wrist_x = 1.0f;
        pose.right_arm.wrist_y = 0.8f;
        const KeyPointFrame frame = performer.key_points(pose, kView);
        const KeyPoint &r = at(frame, point::kShoulders), &l = at(frame, point::kShoulders + 1), &wrist = at(frame, point::kRightHand + point::kWrist);
        const float half = distance(r, l) / 2;
        CHECK(std::abs((wrist.x - (r.x + l.x) / 2) / half + 1.0f) < 0.05f);
        CHECK(std::abs((wrist.y - (r.y + l.y) / 2) / half - 0.8f) < 0.05f);
    }
}

TEST_CASE("a view's shift and roll move points as they move pixels") {
    const Performer performer(12);
    const KeyPointFrame plain = performer.key_points({}, kView);
    View shifted = kView;
    shifted.shift_x = 0.05f;
    shifted.shift_y = 0.04f;
    const KeyPointFrame moved = performer.key_points({}, shifted);
    for (int i = 0; i < point::kNeck; ++i) {
        CHECK(std::abs(at(moved, i).x - at(plain, i).x - 0.05f * kView.width) < 1e-2f);
        CHECK(std::abs(at(moved, i).y - at(plain, i).y - 0.04f * kView.height) < 1e-2f);
    }
    View rolled = kView;
    rolled.roll = 8;
    const KeyPointFrame tilted = performer.key_points({}, rolled);
    CHECK(std::abs(face_frame_of(tilted).roll - 8 * 3.14159265f / 180) < 0.01f);
    CHECK(tilted[Scalar::roll] == 8);
    CHECK(differing(performer.draw({}, rolled, Backdrop::transparent), performer.draw({}, kView, Backdrop::transparent), 8) > 500);
}
