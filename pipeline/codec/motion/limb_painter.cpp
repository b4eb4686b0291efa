// Note [Hands are drawn, not guessed]
// A half-body picture shows no hands, or folded ones; nothing in it says what they look like. A small net that has to invent them in a few
// milliseconds gives skin-coloured blobs. Their geometry is known to a fraction of a finger from the key points, and what makes
// a hand readable is little: fingers that taper, lie before or behind the palm, are parted by lines or shade, and share the picture's
// manner. So hands are constructed from tapered bones; sleeves and bare arms are read off the picture (Note [An arm's skin]). The net
// repaints the head only, and never sees an arm: it is laid over afterwards.

#include "codec/motion/limb_painter.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "codec/motion/bare_body.h"
#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

using kernels::Capsule;
using kernels::Point;
using kernels::Size;

constexpr float kMoved = 0.40f;          // torso units from where an arm is its own picture no more
constexpr float kForearmLength = 1.55f;  // torso units, unshortened
// Of hands, in hand units: the length of a palm is kPalmLength of them.
constexpr float kPalmLength = 0.92f, kKnuckleSpan = 0.61f;
constexpr float kSmallestHand = 0.35f, kLargestHand = 0.66f;  // hand unit in torso units
constexpr std::array<std::array<float, 4>, 5> kFingerRadii{{{0.170f, 0.140f, 0.122f, 0.104f},
                                                            {0.127f, 0.116f, 0.108f, 0.096f},
                                                            {0.131f, 0.120f, 0.112f, 0.099f},
                                                            {0.125f, 0.114f, 0.106f, 0.094f},
                                                            {0.108f, 0.099f, 0.092f, 0.082f}}};

float smooth_step(float low, float high, float value) {
    const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}
Point operator+(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }
Point operator-(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point operator*(Point a, float s) { return {a.x * s, a.y * s}; }
float dot(Point a, Point b) { return a.x * b.x + a.y * b.y; }
float length(Point a) { return std::hypot(a.x, a.y); }
Point between(Point a, Point b, float t) { return a + (b - a) * t; }

/// Where a pixel lies on a bone.
struct OnBone {
    float along;     // 0..1
    float beyond;    // the same without limits
    Point off;       // from the axis, pixels
    float distance;  // its length
};
OnBone on_bone(Point from, Point to, Point p) {
    const Point d = to - from;
    const float beyond = dot(p - from, d) / std::max(dot(d, d), 1e-6f), along = std::clamp(beyond, 0.0f, 1.0f);
    const Point off = p - (from + d * along);
    return {along, beyond, off, length(off)};
}

/// One picture being painted.
class Canvas {
public:
    Canvas(Size size, float* image) : size_(size), image_(image) {}

    /// visit(p, pixel) for every pixel within `reach` of the points.
    template <class Visit>
    void around(std::span<const Point> points, float reach, const Visit& visit) const {
        float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
        for (const Point& p : points) x0 = std::min(x0, p.x), y0 = std::min(y0, p.y), x1 = std::max(x1, p.x), y1 = std::max(y1, p.y);
        auto inside = [](float v, int limit) { return static_cast<int>(std::clamp(v, 0.0f, static_cast<float>(limit))); };
        const int left = inside(x0 - reach, size_.width), right = inside(x1 + reach + 1, size_.width);
        const int top = inside(y0 - reach, size_.height), bottom = inside(y1 + reach + 1, size_.height);
        for (int y = top; y < bottom; ++y)
            for (int x = left; x < right; ++x) visit(Point{static_cast<float>(x), static_cast<float>(y)}, image_ + 4 * (y * size_.width + x));
    }
    static void lay(float* pixel, const Colour& colour, float coverage) {
        const float keep = 1 - coverage;
        for (std::size_t c = 0; c < 3; ++c) pixel[c] = pixel[c] * keep + std::clamp(colour[c], 0.0f, 1.0f) * coverage;
        pixel[3] = pixel[3] * keep + coverage;
    }
    static void darken(float* pixel, float by) {
        for (std::size_t c = 0; c < 3; ++c) pixel[c] *= 1 - by;
    }

private:
    Size size_;
    float* image_;
};

/// Bones that are one piece of skin.
struct Piece {
    std::array<Capsule, 10> bones;
    std::size_t count = 0;
    void add(Point from, float r0, Point to, float r1) { bones[count++] = {from, to, r0, r1}; }
    std::span<const Capsule> all() const { return {bones.data(), count}; }
};

class LimbPainter {
public:
    LimbPainter(const LimbLook& look, const KeyPointFrame& target, Size size, float* image)
        : look_(look), frame_(plausible(target)), canvas_(size, image), torso_(torso_frame_of(target)), unit_(torso_.unit), skin_(look.skin) {
        const float lx = 0.6f * look.style.light_x, ly = -0.5f, lz = 0.75f, norm = 1 / std::sqrt(lx * lx + ly * ly + lz * lz);
        light_ = {lx * norm, ly * norm, lz * norm};
        edge_width_ = std::max(0.9f, look.style.line * 0.8f * look.style.line_width);
    }

    void arm(int first) {
        const ArmSkin& skin = first == point::kRightHand ? look_.right : look_.left;
        const Arm arm{first == point::kRightHand ? -1.0f : 1.0f, position(frame_, first == point::kRightHand ? point::kShoulders : point::kShoulders + 1), position(frame_, first + point::kElbow), position(frame_, first + point::kWrist), skin};
        const Point fore = (arm.wrist - arm.elbow) * (1 / (kForearmLength * unit_)), finger = at(first, 2, 0) - arm.wrist;
        const Colour cuff = skin.colour(1.9f, 0.3f);
        const bool sleeved = std::abs(cuff[0] - look_.skin[0]) + std::abs(cuff[1] - look_.skin[1]) + std::abs(cuff[2] - look_.skin[2]) > 0.25f;
        if (!sleeved)  // the hand goes on from the bare arm
            skin_ = mixed(mixed(skin.colour(1.9f, 0.1f), skin.colour(1.9f, 0.5f), 0.5f), look_.skin, 0.3f);
        else skin_ = look_.skin;
        edge_ = scaled(skin_, 0.80f + look_.style.line * (look_.style.line_tone - 0.80f));
        // A cuff lies over the wrist, unless the forearm comes towards the viewer and the hand hides it.
        const bool hand_last = !sleeved || dot(fore, finger) < 0.45f * length(finger);
        upper_arm(arm);
        shadow(arm.elbow, arm.wrist, skin.radius(1.5f) * unit_);
        shadow(arm.wrist, at(first, 2, 1), 0.26f * hand_unit(first));
        if (!hand_last) hand(first);
        forearm(arm, sleeved);
        if (hand_last) hand(first);
    }

private:
    /// Hands that a net guessed wrongly stay hands: no bone is longer than bones are.
    static KeyPointFrame plausible(const KeyPointFrame& target) {
        constexpr float kLongestPalm = 0.66f, kLongestBone = 0.36f;  // torso units
        const float unit = torso_frame_of(target).unit;
        KeyPointFrame frame = target;
        const auto hold = [&](int from, int to, float longest) {
            const Point a = position(frame, from), way = position(target, to) - position(target, from);
            set_position(frame, to, a + way * std::min(1.0f, longest * unit / std::max(length(way), 1e-3f)));
        };
        for (const int first : {point::kRightHand, point::kLeftHand})
            for (int f = 0; f < 5; ++f) {
                const int knuckle = first + point::kFingers + 4 * f;
                hold(first + point::kWrist, knuckle, kLongestPalm);
                for (int j = 0; j < 3; ++j) hold(knuckle + j, knuckle + j + 1, kLongestBone);
            }
        return frame;
    }

    struct Arm {
        float side;
        Point shoulder, elbow, wrist;
        const ArmSkin& skin;
    };

    Point at(int first, int finger, int joint) const { return position(frame_, first + point::kFingers + 4 * finger + joint); }
    float hand_unit(int first) const {
        const float palm = length(at(first, 2, 0) - position(frame_, first + point::kWrist));
        return std::clamp(palm / kPalmLength, kSmallestHand * unit_, kLargestHand * unit_);
    }

    float upper_coverage(const Arm& arm, Point p) const {
        const OnBone on = on_bone(arm.shoulder, arm.elbow, p);
        return std::clamp(arm.skin.radius(on.along) * unit_ - on.distance + 0.5f, 0.0f, 1.0f);
    }

    /// Colour of the sleeve or bare arm there; where no line parts it from what is behind, its rim is a little darker.
    Colour arm_colour(const ArmSkin& skin, float along, float distance, float radius) const {
        const float rim = (1 - look_.style.line) * 0.16f * smooth_step(radius - 3, radius - 0.5f, distance);
        return scaled(skin.colour(along, distance / radius), 1 - rim);
    }

    /// How much of the body that stays (see Note [Where the trunk ends]) is at a pixel near the shoulder.
    float shoulder_at(const Arm& arm, Point p) const {
        const Point local = to_torso(torso_, p);
        const float cap = arm.skin.radius(0) - length(p - arm.shoulder) / unit_, trunk = trunk_edge(local.y) - arm.side * local.x;
        return smooth_step(0, 0.08f, std::max(cap, trunk));
    }

    void upper_arm(const Arm& arm) const {
        const std::array ends{arm.shoulder, arm.elbow};
        const float bone = length(arm.elbow - arm.shoulder), widest = 0.4f * unit_;
        const float joint = std::min(1.1f * arm.skin.radius(0) * unit_, 0.6f * bone) + 0.1f;
        canvas_.around(ends, widest, [&](Point p, float* pixel) {
            const OnBone on = on_bone(arm.shoulder, arm.elbow, p);
            const float full = arm.skin.radius(on.along) * unit_, radius = full * (0.72f + 0.28f * smooth_step(0, 0.3f * unit_, on.along * bone));  // no corner at the joint
            const float coverage = std::clamp(radius - on.distance + 0.5f, 0.0f, 1.0f);
            if (coverage <= 0) return;
            // At the shoulder arm and trunk are one piece: no seam.
            const float from_joint = on.along * bone;
            const float own = from_joint >= joint ? 1.0f : std::max(smooth_step(0, joint, from_joint), 1 - shoulder_at(arm, p));
            const float begun = smooth_step(-0.15f, 0.0f, on.beyond * bone / radius);  // the cap of the shoulder is the picture's
            Canvas::lay(pixel, arm_colour(arm.skin, on.along, on.distance, radius), coverage * own * begun);
        });
    }

    void forearm(const Arm& arm, bool sleeved) const {
        const std::array ends{arm.elbow, arm.wrist};
        const float bone = length(arm.wrist - arm.elbow), widest = 0.4f * unit_;
        const float joint = std::min(0.9f * arm.skin.radius(1) * unit_, 0.6f * bone) + 0.1f;
        canvas_.around(ends, widest, [&](Point p, float* pixel) {
            const OnBone on = on_bone(arm.elbow, arm.wrist, p);
            const float radius = arm.skin.radius(1 + on.along) * unit_;
            float coverage = std::clamp(radius - on.distance + 0.5f, 0.0f, 1.0f);
            if (coverage <= 0) return;
            coverage *= std::clamp((1 - on.beyond) * bone + 0.2f * radius + 0.5f, 0.0f, 1.0f);  // a sleeve ends straight
            coverage *= std::max(smooth_step(0, joint, on.along * bone), 1 - upper_coverage(arm, p));
            Colour colour = arm_colour(arm.skin, 1 + on.along, on.distance, radius);
            if (sleeved) {  // hem
                const float from_end = (1 - on.beyond) * bone - 0.25f * radius;
                colour = scaled(colour, 1 - 0.25f * smooth_step(1.5f, 0.5f, std::abs(from_end)));
            }
            Canvas::lay(pixel, colour, coverage);
        });
    }

    /// What a limb keeps from the light that falls on the body behind it.
    void shadow(Point from, Point to, float radius) const {
        if (look_.style.shaded < 0.2f) return;
        const Point drop{-0.05f * unit_ * look_.style.light_x, 0.05f * unit_};
        const std::array ends{from + drop, to + drop};
        const float soft = 0.07f * unit_;
        canvas_.around(ends, radius + soft, [&](Point p, float* pixel) {
            const float inside = radius - on_bone(ends[0], ends[1], p).distance;
            Canvas::darken(pixel, 0.22f * look_.style.shaded * smooth_step(-soft, soft, inside));
        });
    }

    /// `shade`: 0..1 how round the piece looks in a shaded picture.
    void lay_piece(const Piece& piece, float shade) const {
        std::array<Point, 20> ends;
        float widest = 0;
        for (std::size_t i = 0; i < piece.count; ++i) {
            ends[2 * i] = piece.bones[i].p0, ends[2 * i + 1] = piece.bones[i].p1;
            widest = std::max({widest, piece.bones[i].r0, piece.bones[i].r1});
        }
        const float strength = shade * look_.style.shaded;
        canvas_.around({ends.data(), 2 * piece.count}, widest + edge_width_ + 1, [&](Point p, float* pixel) {
            float inside = -1e9f, nearest = 1e9f, radius = 1;
            Point off;
            for (const Capsule& bone : piece.all()) {
                const OnBone on = on_bone(bone.p0, bone.p1, p);
                const float r = bone.r0 + on.along * (bone.r1 - bone.r0);
                inside = std::max(inside, r - on.distance);
                if (on.distance < nearest * r) nearest = on.distance / r, off = on.off, radius = r;
            }
            const float rim = std::clamp(inside + edge_width_ + 0.5f, 0.0f, 1.0f);
            if (rim <= 0) return;
            Canvas::lay(pixel, edge_, rim);
            const float coverage = std::clamp(inside + 0.5f, 0.0f, 1.0f);
            if (coverage <= 0) return;
            float tone = 1;
            if (strength > 0) {
                const float nx = off.x / radius, ny = off.y / radius, nz = std::sqrt(std::max(1 - nx * nx - ny * ny, 0.05f));
                tone += strength * (0.64f + 0.48f * std::max(nx * light_[0] + ny * light_[1] + nz * light_[2], 0.0f) - 1);
            }
            Canvas::lay(pixel, scaled(skin_, tone), coverage);
        });
    }

    void mark(Point from, Point to, float radius, const Colour& colour, float strength) const {
        const std::array ends{from, to};
        canvas_.around(ends, radius + 1, [&](Point p, float* pixel) {
            Canvas::lay(pixel, colour, strength * std::clamp(radius - on_bone(from, to, p).distance + 0.5f, 0.0f, 1.0f));
        });
    }

    void hand(int first) const {
        const float scale = hand_unit(first), side = first == point::kRightHand ? -1.0f : 1.0f;
        const Point wrist = position(frame_, first + point::kWrist), up = (at(first, 2, 0) - wrist) * (1 / kPalmLength);
        const Point across = (at(first, 1, 0) - at(first, 4, 0)) * (1 / kKnuckleSpan);  // towards the thumb, one hand unit
        // Cosine between the palm's normal and the viewer: 1 shows the palm, -1 the back.
        const float palm = std::clamp(-side * (up.x * across.y - up.y * across.x) / (scale * scale), -1.0f, 1.0f);
        auto heel = [&](int finger) { return wrist + across * (0.20f - 0.13f * static_cast<float>(finger)) + up * 0.10f; };

        // How far each finger is folded; folded ones lie over the palm where that is seen, else behind it.
        std::array<float, 5> fold{};
        std::array<int, 5> order{0, 1, 2, 3, 4};
        for (int f = 0; f < 5; ++f) {
            const Point straight = f == 0 ? at(first, 0, 1) - at(first, 0, 0) : up, way = at(first, f, 3) - at(first, f, f == 0 ? 1 : 0);
            const float reach = dot(way, straight) / std::max(length(straight) * scale, 1e-3f);
            fold[static_cast<std::size_t>(f)] = 1 - smooth_step(0.05f, 0.55f, reach);
        }
        auto height = [&](int f) { return palm * (f == 0 ? 0.45f : fold[static_cast<std::size_t>(f)]); };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return height(a) < height(b); });
        constexpr float kOver = 0.30f;

        for (const int f : order)
            if (height(f) <= kOver) finger(first, f, scale, palm);
        Piece body;
        for (int f = 1; f < 5; ++f) body.add(heel(f - 1), 0.14f * scale, at(first, f, 0), kFingerRadii[static_cast<std::size_t>(f)][0] * 1.05f * scale);
        for (int f = 1; f < 4; ++f)
            body.add(between(heel(f - 1), heel(f), 0.5f), 0.13f * scale, between(at(first, f, 0), at(first, f + 1, 0), 0.5f), 0.115f * scale);
        body.add(wrist, 0.225f * scale, heel(1), 0.20f * scale);
        body.add(heel(0), 0.16f * scale, at(first, 0, 1), kFingerRadii[0][1] * 1.02f * scale);
        lay_piece(body, 0.55f);
        for (const int f : order)
            if (f > 0 && height(f) <= kOver && fold[static_cast<std::size_t>(f)] < 0.5f) root(first, f, scale);
        creases(first, heel(0), heel(1), heel(3), up, scale, palm);
        for (const int f : order)
            if (height(f) > kOver) finger(first, f, scale, palm);
    }

    Piece finger_piece(int first, int f, float scale) const {
        Piece piece;
        const auto& radii = kFingerRadii[static_cast<std::size_t>(f)];
        for (int j = 0; j < 3; ++j) {
            Point end = at(first, f, j + 1);
            const auto joint = static_cast<std::size_t>(j);
            if (j == 2) {  // the point is the tip itself
                const Point last = end - at(first, f, 2);
                end = at(first, f, 2) + last * (1 - std::min(0.9f * radii[3] * scale / std::max(length(last), 1e-3f), 0.9f));
            }
            piece.add(at(first, f, j), radii[joint] * scale, end, radii[joint + 1] * scale);
        }
        return piece;
    }

    void finger(int first, int f, float scale, float palm) const {
        lay_piece(finger_piece(first, f, scale), 1);
        const Point last = at(first, f, 3) - at(first, f, 2);
        const float bone = length(last), radius = kFingerRadii[static_cast<std::size_t>(f)][3] * scale, facing = f == 0 ? 0.35f - 0.6f * palm : -palm;
        if (facing < 0.2f || bone < 1.2f * radius || radius < 2) return;
        const Point way = last * (1 / bone), centre = at(first, f, 3) - way * (0.85f * radius);
        mark(centre - way * (0.25f * radius), centre + way * (0.2f * radius), 0.5f * radius, mixed(skin_, {1, 0.86f, 0.84f}, 0.55f), 0.75f * std::min(facing * 2, 1.0f));
    }

    /// A straight finger grows out of the palm: no line across its root.
    void root(int first, int f, float scale) const {
        const Point knuckle = at(first, f, 0), joint = between(knuckle, at(first, f, 1), 0.4f);
        const float radius = kFingerRadii[static_cast<std::size_t>(f)][0] * scale - 0.8f;
        if (radius <= 0) return;
        mark(knuckle, joint, radius, skin_, 1 - 0.75f * look_.style.shaded);
    }

    void creases(int first, Point ball, Point heel, Point little_heel, Point up, float scale, float palm) const {
        if (palm < 0.3f) return;
        const Point index = at(first, 1, 0), little = at(first, 4, 0), thumb = at(first, 0, 1);
        const float strength = 0.38f * smooth_step(0.3f, 0.7f, palm), radius = std::max(0.016f * scale, 0.35f);
        const Colour ink = scaled(edge_, 0.95f);
        auto line = [&](Point a, Point b, Point c) { mark(a, b, radius, ink, strength), mark(b, c, radius, ink, strength); };
        const Point fork = between(index, thumb, 0.42f);
        line(fork, between(index, heel, 0.48f), between(heel, ball, 0.4f));
        line(fork, between(index, between(little, heel, 0.5f), 0.52f), between(little, little_heel, 0.5f));
        line(between(index, little, 0.2f) - up * 0.12f, between(index, little, 0.55f) - up * 0.22f, little - up * 0.14f);
    }

    const LimbLook& look_;
    KeyPointFrame frame_;
    Canvas canvas_;
    TorsoFrame torso_;
    float unit_;
    std::array<float, 3> light_;
    Colour skin_, edge_;  // of the hand being drawn
    float edge_width_;
};

}  // namespace

RaisedArms raised_arms(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept {
    const TorsoFrame was = torso_frame_of(reference), is = torso_frame_of(target);
    auto moved = [&](int first) {
        for (const int joint : {point::kElbow, point::kWrist}) {
            const Point a = to_torso(was, position(reference, first + joint)), b = to_torso(is, position(target, first + joint));
            if (std::hypot(a.x - b.x, a.y - b.y) > kMoved) return true;
        }
        return false;
    };
    return {moved(point::kRightHand), moved(point::kLeftHand)};
}

void paint_limbs(const LimbLook& look, const KeyPointFrame& target, RaisedArms arms, Size size, float* image) {
    LimbPainter painter(look, target, size, image);
    if (arms.right) painter.arm(point::kRightHand);
    if (arms.left) painter.arm(point::kLeftHand);
}

}  // namespace mirrorme
