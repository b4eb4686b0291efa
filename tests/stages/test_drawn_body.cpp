// What codec `motion` draws instead of warping: arms, hands, trunk behind an arm, lids.

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>

#include "codec/motion/bare_body.h"
#include "codec/motion/eyelids.h"
#include "codec/motion/flow_plan.h"
#include "codec/motion/frame_stage.h"
#include "codec/motion/hanging_arm.h"
#include "codec/motion/limb_painter.h"
#include "kernels/include/dome.h"
#include "motion_body.h"

using namespace mirrorme;
using namespace mirrorme::test;

namespace {

constexpr kernels::Size kFrame{256, 384};
constexpr Colour kSkin{0.8f, 0.6f, 0.5f}, kCloth{0.2f, 0.3f, 0.6f};
constexpr float kSleeve = 0.5f;  // of the upper arm

bool on_arm(const KeyPointFrame& f, int first, Point p, float& along) {
    const TorsoFrame torso = torso_frame_of(f);
    const Point joints[3] = {position(f, first == point::kRightHand ? point::kShoulders : point::kShoulders + 1), position(f, first + point::kElbow), position(f, first + point::kWrist)};
    for (int bone = 0; bone < 2; ++bone) {
        const float dx = joints[bone + 1].x - joints[bone].x, dy = joints[bone + 1].y - joints[bone].y;
        const float t = std::clamp(((p.x - joints[bone].x) * dx + (p.y - joints[bone].y) * dy) / (dx * dx + dy * dy), 0.0f, 1.0f);
        if (std::hypot(p.x - joints[bone].x - t * dx, p.y - joints[bone].y - t * dy) > usual_arm_radius(static_cast<float>(bone) + t) * torso.unit) continue;
        along = static_cast<float>(bone) + t;
        return true;
    }
    return false;
}

/// The body of body(), arms down in short sleeves, outlined or not; premultiplied, on nothing.
std::vector<float> person(const KeyPointFrame& f, bool outlined) {
    std::vector<float> image(256 * 384 * 4, 0.0f), tone(256 * 384, 0.0f);
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x) {
            const float hx = (static_cast<float>(x) - 128) / 48, hy = (static_cast<float>(y) - 135) / 72;
            const Point local = to_torso(torso_frame_of(f), {static_cast<float>(x), static_cast<float>(y)});
            const bool head = hx * hx + hy * hy < 1, trunk = std::abs(local.x) < 0.8f && local.y > -0.2f, neck = std::abs(local.x) < 0.3f && local.y > -0.6f;
            float along = 0;
            const Point p{static_cast<float>(x), static_cast<float>(y)};
            const bool arm = on_arm(f, point::kRightHand, p, along) || on_arm(f, point::kLeftHand, p, along);
            if (!head && !trunk && !neck && !arm) continue;
            const Colour& c = (arm && !trunk ? along > kSleeve : head || !trunk) ? kSkin : kCloth;
            float* to = image.data() + 4 * (y * 256 + x);
            std::copy(c.begin(), c.end(), to);
            to[3] = 1;
        }
    if (outlined) {
        const std::vector<float> clean = image;
        for (int y = 2; y < 382; ++y)
            for (int x = 2; x < 254; ++x) {
                float least = 1;
                for (int d = -2; d <= 2; ++d) least = std::min({least, clean[static_cast<std::size_t>(4 * (y * 256 + x + d) + 3)], clean[static_cast<std::size_t>(4 * ((y + d) * 256 + x) + 3)]});
                if (least < 1)
                    for (int c = 0; c < 3; ++c) image[static_cast<std::size_t>(4 * (y * 256 + x) + c)] *= 0.1f;
            }
    }
    return image;
}

/// The right hand raised beside the head, palm to the viewer.
KeyPointFrame waving(const KeyPointFrame& from) {
    KeyPointFrame f = from;
    const int first = point::kRightHand;
    const auto put = [&](int i, float x, float y) { set_position(f, first + i, {x, y}); };
    put(point::kElbow, 35, 330), put(point::kWrist, 40, 220);
    for (int finger = 0; finger < 5; ++finger)
        for (int joint = 0; joint < 4; ++joint) {
            const float x = finger == 0 ? 52.0f + 6 * static_cast<float>(joint) : 55.0f - 8 * static_cast<float>(finger - 1);
            const float y = finger == 0 ? 212.0f - 8 * static_cast<float>(joint) : 188.0f - 12 * static_cast<float>(joint);
            put(point::kFingers + 4 * finger + joint, x, y);
        }
    return f;
}

const float* pixel_at(const std::vector<float>& image, int x, int y) { return image.data() + 4 * (y * 256 + x); }
bool near(const float* pixel, const Colour& colour, float by = 0.12f) {
    return pixel[3] > 0.9f && std::abs(pixel[0] - colour[0]) < by && std::abs(pixel[1] - colour[1]) < by && std::abs(pixel[2] - colour[2]) < by;
}

}  // namespace

TEST_CASE("a picture's manner is read: lines, and surfaces under light") {
    const KeyPointFrame f = body();
    const PictureStyle plain = style_of(person(f, false).data(), kFrame, f), lines = style_of(person(f, true).data(), kFrame, f);
    CHECK(plain.line < 0.1f);
    CHECK(lines.line > 0.9f);
    CHECK(lines.line_tone < 0.3f);
    CHECK(plain.shaded < 0.1f);
    std::vector<float> lit = person(f, false);
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x)
            for (int c = 0; c < 3; ++c) lit[static_cast<std::size_t>(4 * (y * 256 + x) + c)] *= 0.6f + 0.4f * static_cast<float>(x) / 256 + 0.02f * static_cast<float>((x / 2) % 2);
    const PictureStyle shaded = style_of(lit.data(), kFrame, f);
    CHECK(shaded.shaded > 0.9f);
    CHECK(shaded.light_x > 0.2f);
    const std::vector<float> nothing(256 * 384 * 4, 0.0f);
    CHECK(style_of(nothing.data(), kFrame, f).line == 0);
}

TEST_CASE("an arm's skin: the sleeve ends where the picture's does, and what is out of the frame goes on") {
    const KeyPointFrame f = body();
    const std::vector<float> image = person(f, false);
    ArmSkin skin({1, 0, 0}, {1, 0, 0}, {});
    skin.read(image.data(), kFrame, f, point::kRightHand);
    REQUIRE(skin.seen() > 0.2f);
    auto is = [&](float along, const Colour& colour) {
        const Colour c = skin.colour(along, 0.3f);
        return std::abs(c[0] - colour[0]) + std::abs(c[1] - colour[1]) + std::abs(c[2] - colour[2]) < 0.1f;
    };
    CHECK(is(0.3f, kCloth));
    CHECK(is(0.7f, kSkin));
    CHECK(is(1.9f, kSkin));  // below the frame's edge
    CHECK(std::abs(skin.radius(0.5f) - usual_arm_radius(0.5f)) < 0.03f);
    // Nobody sees an arm in a picture of nothing: it stays as it was told.
    ArmSkin unseen({1, 0, 0}, {0, 1, 0}, {});
    const std::vector<float> nothing(256 * 384 * 4, 0.0f);
    unseen.read(nothing.data(), kFrame, f, point::kLeftHand);
    CHECK(unseen.seen() == 0);
    CHECK(unseen.colour(0.2f, 0)[0] == 1);
    CHECK(unseen.colour(1.8f, 0)[1] == 1);
}

TEST_CASE("a hanging arm is found by its outline, wherever its elbow was guessed") {
    const KeyPointFrame f = body();
    const std::vector<float> image = person(f, true);
    KeyPointFrame guessed = f;
    for (int i = 0; i < point::kHandCount; ++i) {
        const Point p = position(f, point::kRightHand + i);
        set_position(guessed, point::kRightHand + i, {p.x - 22, p.y + 9});
    }
    const auto arm = HangingArm::find(image.data(), kFrame, f, point::kRightHand);
    REQUIRE(arm);
    const TorsoFrame torso = torso_frame_of(f);
    // At y = 1 the arm's axis lies between shoulder and elbow.
    const float axis = -to_torso(torso, position(f, point::kShoulders)).x + 1.0f / 1.68f * (1.30f - 1.0f);
    CHECK(std::abs(arm->edge(1.0f) - axis - usual_arm_radius(0.6f)) < 0.06f);
    CHECK(arm->along(arm->height(1.4f)) == Catch::Approx(1.4f));
    ArmSkin right({1, 0, 0}, {1, 0, 0}, {}), wrong = right;
    right.read(image.data(), kFrame, f, point::kRightHand);
    wrong.read(image.data(), kFrame, guessed, point::kRightHand);
    for (const float along : {0.3f, 0.7f, 1.5f})
        for (const float off : {0.0f, 0.5f, 1.0f}) CHECK(right.colour(along, off) == wrong.colour(along, off));
    // One that is raised, folded over the trunk, or not there is no hanging arm.
    CHECK_FALSE(HangingArm::find(image.data(), kFrame, waving(f), point::kRightHand));
    KeyPointFrame folded = f;
    set_position(folded, point::kRightHand + point::kWrist, {128, 330});
    CHECK_FALSE(HangingArm::find(image.data(), kFrame, folded, point::kRightHand));
    const std::vector<float> nothing(256 * 384 * 4, 0.0f), wall(256 * 384 * 4, 1.0f);
    CHECK_FALSE(HangingArm::find(nothing.data(), kFrame, f, point::kRightHand));
    CHECK_FALSE(HangingArm::find(wall.data(), kFrame, f, point::kRightHand));
}

TEST_CASE("where a gap shows it, an arm is as thick as it is, and the trunk keeps its own edge") {
    const KeyPointFrame f = body();
    const TorsoFrame torso = torso_frame_of(f);
    constexpr float kTrunk = 0.66f, kArm = 1.05f, kInner = 0.79f, kOuter = 1.31f;  // torso units: edge; axis, sides
    const auto cover = [&](float from, float to, float out) { return std::clamp((std::min(out - from, to - out)) * torso.unit + 0.5f, 0.0f, 1.0f); };
    std::vector<float> whole(256 * 384 * 4, 0.0f);
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x) {
            const Point local = to_torso(torso, {static_cast<float>(x), static_cast<float>(y)});
            const float out = std::abs(local.x);
            if (local.y < -0.1f) continue;
            const float gap = local.y < 0.8f ? 0.0f : 1.0f;  // above, arm and trunk touch
            const float alpha = std::max(cover(-1, gap > 0 ? kTrunk : kArm, out), cover(kInner, kOuter, out));
            float* to = whole.data() + 4 * (y * 256 + x);
            for (int c = 0; c < 3; ++c) to[c] = kCloth[static_cast<std::size_t>(c)] * alpha;
            to[3] = alpha;
        }
    KeyPointFrame hanging = f;
    for (const auto& [first, side] : {std::pair{point::kRightHand, -1.0f}, std::pair{point::kLeftHand, 1.0f}})
        for (const auto& [joint, down] : {std::pair{point::kElbow, 1.86f}, std::pair{point::kWrist, 3.3f}}) set_position(hanging, first + joint, from_torso(torso, {side * kArm, down}));

    const auto arm = HangingArm::find(whole.data(), kFrame, hanging, point::kRightHand);
    REQUIRE(arm);
    for (const float y : {1.0f, 1.5f}) {
        CHECK(arm->radius(arm->along(y)) == Catch::Approx((kOuter - kInner) / 2).margin(0.015));
        CHECK(arm->axis(y) == Catch::Approx(kArm).margin(0.015));
    }
    std::vector<float> bare = whole;
    ArmSkin skin(kCloth, kSkin, {});
    skin.read(whole.data(), kFrame, hanging, point::kRightHand);
    CHECK(skin.radius(0.7f) == Catch::Approx((kOuter - kInner) / 2).margin(0.02));
    remove_arm(bare.data(), kFrame, hanging, point::kRightHand, skin, {});
    for (int y = static_cast<int>(torso.origin.y + 0.95f * torso.unit); y < 384; ++y)
        for (int x = 0; x < 128; ++x) {
            const float out = -to_torso(torso, {static_cast<float>(x), static_cast<float>(y)}).x;
            CAPTURE(x, y);
            if (out < kTrunk + 0.5f / torso.unit) CHECK(std::abs(pixel_at(bare, x, y)[3] - pixel_at(whole, x, y)[3]) < 0.01f);
            else CHECK(pixel_at(bare, x, y)[3] < 0.05f);
        }
}

TEST_CASE("a turned head's face moves on over its outline, and nothing does when it only tilts") {
    const KeyPointFrame f = body();
    KeyPointFrame tilted = f, turned = f;
    const Point middle{128, 135};
    for (int i = 0; i < point::kNeck; ++i) {
        const Point p = position(f, i);
        set_position(tilted, i, {middle.x + 0.98f * (p.x - middle.x) - 0.19f * (p.y - middle.y) + 5, middle.y + 0.19f * (p.x - middle.x) + 0.98f * (p.y - middle.y)});
        const float u = (p.x - 128) / 48, v = (p.y - 133) / 71;
        set_position(turned, i, {p.x + 10 * std::max(1 - u * u - v * v, 0.0f), p.y});
    }
    const HeadTurn tilt = fit_turn(f, tilted), turn = fit_turn(f, turned);
    CHECK(std::hypot(tilt.face.shift.x, tilt.face.shift.y) < 0.3f);
    const Point eye = apply(tilt.outline, position(f, point::kRightEye)), there = position(tilted, point::kRightEye);
    CHECK(std::hypot(eye.x - there.x, eye.y - there.y) < 0.3f);
    CHECK(turn.face.shift.x == Catch::Approx(10).margin(1.5));
    CHECK(std::abs(turn.face.shift.y) < 0.5f);
    for (const int corner : {point::kLeftEye, point::kRightEye + 4, point::kCrown + 2}) {
        const Point p = position(f, corner), outline = apply(turn.outline, p), to = position(turned, corner);
        const float height = height_at(turn.face, p);
        CHECK(std::hypot(outline.x + height * turn.face.shift.x - to.x, outline.y + height * turn.face.shift.y - to.y) < 1.2f);
    }
    // Points that coincide are no face: nothing breaks.
    const KeyPointFrame nowhere;
    CHECK(std::isfinite(fit_turn(nowhere, f).face.shift.x));
    CHECK(std::isfinite(fit_turn(f, nowhere).outline.tx));
}

TEST_CASE("an arm that sways a little is moved as it is, one that is raised is not") {
    const KeyPointFrame f = body();
    const TorsoFrame torso = torso_frame_of(f);
    KeyPointFrame sways = f;
    for (const int joint : {point::kElbow, point::kWrist}) {
        const Point p = position(f, point::kRightHand + joint);
        set_position(sways, point::kRightHand + joint, {p.x - 0.2f * torso.unit, p.y});
    }
    CHECK_FALSE(raised_arms(f, sways).any());
    const auto count = [&](const KeyPointFrame& target) { return PointFlow(f, target).plan().anchors.size(); };
    const PointFlow flow(f, sways);
    std::vector<float> pixels(64 * 96 * 2);
    kernels::cpu_operations().flow_from_points(flow.plan(), kFrame, pixels.data());
    const Point elbow = position(sways, point::kRightHand + point::kElbow);
    const auto at = [&](Point p) { return pixels[2 * static_cast<std::size_t>(static_cast<int>(p.y / 4) * 64 + static_cast<int>(p.x / 4))]; };
    CHECK(at(elbow) == Catch::Approx(0.2f * torso.unit).epsilon(0.15));
    CHECK(std::abs(at({128, elbow.y})) < 0.5f);  // the trunk stays
    CHECK(count(waving(f)) + 6 == count(sways));
}

TEST_CASE("the trunk without its arm: nothing beside it, cloth where the arm lay over it, all else as it was") {
    const KeyPointFrame f = body();
    const std::vector<float> whole = person(f, false);
    const PictureStyle style = style_of(whole.data(), kFrame, f);
    ArmSkin skin(kCloth, kSkin, style);
    skin.read(whole.data(), kFrame, f, point::kRightHand);
    std::vector<float> bare = whole;
    remove_arm(bare.data(), kFrame, f, point::kRightHand, skin, style);
    const int row = 345;
    REQUIRE(pixel_at(whole, 55, row)[3] == 1);  // the arm
    CHECK(pixel_at(bare, 55, row)[3] < 0.05f);
    CHECK(near(pixel_at(bare, 80, row), kCloth));
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x)
            if (x > 128 || y < 200)
                for (int c = 0; c < 4; ++c) REQUIRE(pixel_at(bare, x, y)[c] == pixel_at(whole, x, y)[c]);
    for (std::size_t i = 0; i < bare.size(); i += 4)
        for (std::size_t c = 0; c < 3; ++c) REQUIRE((bare[i + c] >= 0 && bare[i + c] <= bare[i + 3] + 1e-5f));
}

TEST_CASE("a raised arm is in the colours of the picture, and only it is painted") {
    const KeyPointFrame f = body(), target = waving(f);
    CHECK(raised_arms(f, target).right);
    CHECK_FALSE(raised_arms(f, target).left);
    CHECK_FALSE(raised_arms(f, moved(f, 4, 2)).any());  // trembling is not raising
    const ReferenceLayer layer(kernels::cpu_operations(), kFrame, person(f, false), f);
    std::vector<float> alone(256 * 384 * 4, 0.0f);
    paint_limbs(layer.limbs(), target, {true, false}, kFrame, alone.data());
    CHECK(near(pixel_at(alone, 38, 280), kSkin, 0.2f));   // forearm
    CHECK(near(pixel_at(alone, 42, 200), kSkin, 0.2f));   // palm
    CHECK(near(pixel_at(alone, 47, 160), kSkin, 0.2f));   // a finger
    CHECK(near(pixel_at(alone, 55, 275), kCloth, 0.2f));  // sleeve
    for (int y = 0; y < 384; ++y)
        for (int x = 110; x < 256; ++x) REQUIRE(pixel_at(alone, x, y)[3] == 0);
    for (std::size_t i = 0; i < alone.size(); i += 4)
        for (std::size_t c = 0; c < 4; ++c) REQUIRE((alone[i + c] >= 0 && alone[i + c] <= alone[i + 3] + 1e-5f));
    // Hands that are points in one place, or nowhere near the frame, break nothing.
    KeyPointFrame odd = target;
    for (int i = 0; i < point::kHandCount; ++i) set_position(odd, point::kRightHand + i, {20, 20}), set_position(odd, point::kLeftHand + i, {-1e6f, 1e6f});
    paint_limbs(layer.limbs(), odd, {true, true}, kFrame, alone.data());
    for (const float v : alone) REQUIRE(std::isfinite(v));
}

TEST_CASE("a frame is the net's picture with the arm over it, whatever the net says beneath the arm") {
    const KeyPointFrame f = body(), target = waving(f);
    const ReferenceLayer layer(kernels::cpu_operations(), kFrame, person(f, false), f);
    FrameStage quiet(kernels::cpu_operations(), kFrame), loud(kernels::cpu_operations(), kFrame);
    const CellRegion everything{0, 0, 64, 96};
    const std::vector<float> none(64 * 96 * 64, 0.0f), much(64 * 96 * 64, 0.2f), still(64 * 96 * 2, 0.0f);
    for (const auto& [stage, residual] : {std::pair{&quiet, &none}, std::pair{&loud, &much}}) {
        stage->prepare(layer, target);
        CHECK(stage->raised().right);
        stage->correct(layer, everything, residual->data(), still.data());
        for (const float r : stage->residual()) REQUIRE(r == 0);  // it is in the base already
    }
    const std::vector<float> arm = quiet.limb_layer(layer);
    int beneath = 0, beside = 0;
    for (int i = 0; i < 256 * 384; ++i) {
        const float *a = quiet.base().data() + 4 * i, *b = loud.base().data() + 4 * i;
        if (arm[static_cast<std::size_t>(4 * i + 3)] > 0.999f) {
            for (int c = 0; c < 3; ++c) beneath += std::abs(a[c] - b[c]) > 0.02f;
        } else if (arm[static_cast<std::size_t>(4 * i + 3)] == 0 && a[3] > 0.99f && a[0] < 0.7f) {
            beside += b[0] > a[0] + 0.05f;
        }
    }
    CHECK(beneath == 0);
    CHECK(beside > 1000);
    // At rest nothing is drawn, and the picture is the reference's own.
    quiet.prepare(layer, f);
    CHECK_FALSE(quiet.raised().any());
    for (const float v : quiet.limb_layer(layer)) REQUIRE(v == 0);
}

TEST_CASE("a closing lid covers the eye with skin, keeps what is above it, and leaves open eyes alone") {
    const KeyPointFrame f = body();
    std::vector<float> image = person(f, false);
    constexpr Colour kWhite{0.95f, 0.95f, 0.95f}, kRim{0.9f, 0.1f, 0.1f};
    for (int y = 0; y < 384; ++y)
        for (int x = 0; x < 256; ++x) {
            for (const float cx : {108.0f, 148.0f}) {
                const float dx = (static_cast<float>(x) - cx) / 9, dy = (static_cast<float>(y) - 130) / 4;
                if (dx * dx + dy * dy < 1) std::copy(kWhite.begin(), kWhite.end(), image.begin() + 4 * (y * 256 + x));
            }
            if (y >= 117 && y < 120 && x > 90 && x < 166) std::copy(kRim.begin(), kRim.end(), image.begin() + 4 * (y * 256 + x));  // glasses
        }
    const ReferenceLayer layer(kernels::cpu_operations(), kFrame, image, f);
    KeyPointFrame shut = f;
    for (const int eye : {point::kRightEye, point::kLeftEye})
        for (int k = 1; k <= 3; ++k) set_position(shut, eye + k, position(f, eye + 8 - k));
    const auto closing = closing_eyes(f, shut), open = closing_eyes(f, f);
    CHECK(closing[0].share == 1);
    CHECK(open[0].share == 0);
    CHECK(distance(held_open(shut, closing), f, point::kRightEye, 2 * point::kEyeCount) < 0.01f);
    FrameStage stage(kernels::cpu_operations(), kFrame);
    stage.prepare(layer, f);
    CHECK(near(pixel_at(stage.base(), 108, 129), kWhite));
    stage.prepare(layer, shut);
    for (const int x : {102, 108, 114, 142, 148, 154}) {
        CHECK(near(pixel_at(stage.base(), x, 128), kSkin));
        CHECK(near(pixel_at(stage.base(), x, 118), kRim));
    }
    CHECK(pixel_at(stage.base(), 108, 134)[0] < 0.6f);  // lashes
    // The layer for training, laid over the picture with open eyes, is the same.
    FrameStage held(kernels::cpu_operations(), kFrame);
    held.prepare(layer, shut);
    const std::vector<float> lids = held.lid_layer(layer);
    std::vector<float> flow_only(256 * 384 * 4);
    kernels::cpu_operations().warp4(layer.rgba(), held.flow().data(), nullptr, kFrame, flow_only.data());
    for (int i = 0; i < 256 * 384; ++i)
        for (int c = 0; c < 3; ++c) {
            const float alpha = flow_only[static_cast<std::size_t>(4 * i + 3)], over = lids[static_cast<std::size_t>(4 * i + 3)];
            REQUIRE(std::abs(flow_only[static_cast<std::size_t>(4 * i + c)] * (1 - over) + lids[static_cast<std::size_t>(4 * i + c)] * alpha - held.base()[static_cast<std::size_t>(4 * i + c)]) < 1e-4f);
        }
    // A picture whose eyes are shut has no lid to pull down.
    CHECK(closing_eyes(shut, shut)[0].share == 0);
    CHECK(closing_eyes(shut, f)[0].share == 0);
}
