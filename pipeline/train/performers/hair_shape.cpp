#include "train/performers/hair_shape.h"

#include "train/performers/canvas.h"
#include "train/performers/random.h"

namespace mirrorme::performers {
namespace {

constexpr float kEarY = 0.10f;  // below it hair hangs: it does not follow the jaw inwards
constexpr int kCapStrands = 56;

float interpolated(const std::vector<std::pair<float, float>>& table, float at) {
    for (std::size_t i = 1; i < table.size(); ++i)
        if (at <= table[i].first) {
            const float t = (at - table[i - 1].first) / std::max(table[i].first - table[i - 1].first, 1e-4f);
            return mix(table[i - 1].second, table[i].second, clamp01(t));
        }
    return table.back().second;
}

}  // namespace

std::vector<Vec2> ribbon_outline(const std::vector<Vec2>& spine, const std::vector<float>& widths) {
    constexpr int kSteps = 6;
    const std::vector<Vec2> line = smooth_points(spine, kSteps);
    std::vector<Vec2> right, left;
    const std::size_t n = line.size();
    for (std::size_t i = 0; i < n; ++i) {
        const float at = static_cast<float>(i) / kSteps;
        const std::size_t k = std::min(static_cast<std::size_t>(at), widths.size() - 1), next = std::min(k + 1, widths.size() - 1);
        const float half = mix(widths[k], widths[next], at - static_cast<float>(k)) / 2;
        const Vec2 normal = perpendicular(unit(line[std::min(i + 1, n - 1)] - line[i == 0 ? 0 : i - 1]));
        right.push_back(line[i] + normal * half);
        left.push_back(line[i] - normal * half);
    }
    right.insert(right.end(), left.rbegin(), left.rend());
    return right;
}

HairShape::HairShape(const CharacterLook& look, const Rig& rig) : look_(look), rig_(rig) {}

Vec2 HairShape::at(float longitude, float y, float lift) const {
    const HeadShape& shape = rig_.head.shape();
    const HeadSlice s = shape.slice(shape.t_of(std::min(y, kEarY)));
    const float a = s.half_width + lift, b = s.half_depth() + lift;
    const float horizon = std::atan2(a * std::cos(rig_.head.yaw()), b * std::sin(rig_.head.yaw()));
    const float w = std::clamp(radians(longitude), horizon - kPi, horizon);
    const float upwards = s.y < 0 ? std::sqrt(std::max(0.0f, 1 - std::pow(std::min(s.half_width / look_.face.forehead, 1.0f), 2.0f))) : 0;
    return rig_.head.project({a * std::sin(w), y - lift * upwards, s.centre() + b * std::cos(w)});
}

Vec2 HairShape::side_rim(float y, float side, float lift) const {
    const HeadShape& shape = rig_.head.shape();
    Vec3 p = shape.rim(shape.t_of(std::min(y, kEarY)), side, rig_.head.yaw(), lift);
    p.y = y;
    return rig_.head.project(p);
}

Vec2 HairShape::hanging(float y, float side, float lift, float hold) const {
    const Vec2 carried = side_rim(std::min(y, 1.0f), side, lift);
    if (y <= 1) return carried;
    // Long hair rests on the shoulders: lower down it follows the body and not the head.
    const Vec2 fall = rig_.body.pixel({0, y}) - rig_.body.pixel({0, 1});
    const Vec2 resting = rig_.body.pixel({side * (1.0f + lift), y});
    return mix(carried + fall, resting, smooth_step(0.8f, 3.0f, y) * hold);
}

std::vector<HairShape::Edge> HairShape::hairline() const {
    using enum HairKind;
    const HairKind kind = look_.hair.kind;
    const float hl = look_.hair.hairline;
    const bool feminine = look_.body.feminine;
    const float burn = feminine ? -0.02f : 0.26f, back = feminine ? 0.0f : 0.06f + 0.10f * look_.face.age;
    if (kind == bob || kind == long_straight || kind == long_wavy) {
        // Curtains: from the parting down past the temples.
        const float part = look_.hair.part * 60;
        return {{86, 0.30f, 0.05f}, {74, -0.10f, 0.07f}, {mix(part, 74.0f, 0.62f), -0.46f, 0.09f}, {mix(part, 74.0f, 0.25f), hl + 0.14f, 0.06f}, {part, hl - 0.06f, 0.02f},
                {mix(part, -74.0f, 0.25f), hl + 0.14f, 0.06f}, {mix(part, -74.0f, 0.62f), -0.46f, 0.09f}, {-74, -0.10f, 0.07f}, {-86, 0.30f, 0.05f}};
    }
    return {{86, burn, 0.01f}, {78, burn - 0.10f, 0.01f}, {73, -0.30f, 0.01f}, {62, -0.52f, 0.015f}, {45, hl + 0.12f - back, 0.02f}, {22, hl + 0.03f - 0.3f * back, 0.02f},
            {0, hl, 0.02f}, {-22, hl + 0.03f - 0.3f * back, 0.02f}, {-45, hl + 0.12f - back, 0.02f}, {-62, -0.52f, 0.015f}, {-73, -0.30f, 0.01f}, {-78, burn - 0.10f, 0.01f}, {-86, burn, 0.01f}};
}

void HairShape::add_hairline(HairSheet& sheet) const {
    std::vector<Vec2> knots;
    for (const Edge& e : hairline()) knots.push_back(at(e.longitude, e.y, e.lift));
    const std::vector<Vec2> line = smooth_points(knots, 5);
    sheet.outline.insert(sheet.outline.end(), line.begin(), line.end());
}

void HairShape::add_fringe(HairSheet& sheet) const {
    Random r(look_.hair.seed);
    const bool cel = look_.style == DrawingStyle::cel;
    const float part = look_.hair.part * 70;
    const int count = cel ? 5 + r.below(3) : (look_.shaded() ? 13 : 6) + r.below(4);
    const float low = mix(look_.hair.hairline + 0.2f, look_.brows.y + (cel ? 0.12f : 0.0f), look_.hair.fringe);
    const float side_low = cel ? r.range(0.45f, 1.05f) : look_.body.feminine ? r.range(0.1f, 0.5f) : 0.16f;
    auto lean = [&](float longitude) { return longitude + (longitude > part ? 1.0f : -1.0f) * (cel ? 5.0f : 3.0f); };
    struct Lock {
        float root, tip, y;
    };
    std::vector<Lock> locks;
    locks.push_back({84, 80, side_low});
    for (int i = 0; i < count; ++i) {
        const float longitude = 66 - 132 * (static_cast<float>(i) + 0.5f) / static_cast<float>(count);
        const float falls = 0.10f * std::pow(std::abs(longitude) / 66, 2.0f);
        locks.push_back({longitude, lean(longitude) + r.range(-3, 3), low + falls + r.range(-0.06f, 0.07f)});
    }
    locks.push_back({-84, -80, side_low * r.range(0.9f, 1.1f)});
    const float lift = 0.07f;
    sheet.outline.push_back(at(92, std::min(side_low, 0.3f), lift));
    for (std::size_t i = 0; i < locks.size(); ++i) {
        const bool outer = i == 0 || i + 1 == locks.size();
        const Vec2 tip = at(locks[i].tip, locks[i].y, lift * 0.8f);
        if (i > 0) {  // the notch between two locks
            const float middle = (locks[i - 1].root + locks[i].root) / 2;
            const bool beside = i == 1 || i + 1 == locks.size();
            const float high = std::min(locks[i - 1].y, locks[i].y) - (beside ? 0.20f : cel ? r.range(0.16f, 0.34f) : r.range(0.03f, 0.10f));
            const Vec2 notch = at(middle, high, lift), before = sheet.outline.back();
            const Vec2 belly = at(mix(locks[i - 1].tip, middle, 0.45f), mix(locks[i - 1].y, high, 0.42f), lift * 1.15f);
            sheet.outline.push_back(mix(mix(before, belly, 0.7f), mix(belly, notch, 0.3f), 0.5f));
            sheet.outline.push_back(belly);
            sheet.outline.push_back(notch);
            sheet.gaps.push_back({notch, at(mix(middle, part, 0.10f), high - 0.22f, lift * 1.4f), at(mix(middle, part, 0.25f), high - 0.48f, lift * 1.6f)});
        }
        const Vec2 from = sheet.outline.back();
        const Vec2 belly = at(mix(locks[i].root, locks[i].tip, 0.6f) + (outer ? 0.0f : 3.0f), mix(locks[i].y, locks[i].y - 0.3f, 0.45f), lift * 1.2f);
        if (!outer) sheet.outline.push_back(mix(mix(from, belly, 0.6f), tip, 0.35f));
        sheet.outline.push_back(tip);
    }
    sheet.outline.push_back(at(-92, std::min(side_low, 0.3f), lift));
}

void HairShape::add_nape(HairSheet& sheet, float side) const {
    // Behind the ear of a turned head; folds away to nothing when seen from the front.
    std::vector<Vec2> knots{side_rim(0.30f, side, 0.03f), side_rim(0.48f, side, 0.0f), at(side * 97, 0.46f, 0), at(side * 94, 0.22f, 0)};
    if (side < 0) std::reverse(knots.begin(), knots.end());
    sheet.outline.insert(sheet.outline.end(), knots.begin(), knots.end());
}

void HairShape::add_cap_strands(HairSheet& sheet) const {
    const bool fringe = look_.hair.fringe > 0.3f;
    std::vector<std::pair<float, float>> table;
    if (fringe) {
        const float low = mix(look_.hair.hairline + 0.2f, look_.brows.y, look_.hair.fringe);
        table = {{-130, 0.3f}, {-78, 0.2f}, {-66, low}, {66, low}, {78, 0.2f}, {130, 0.3f}};
    } else {
        table.push_back({-130, 0.3f});
        for (const Edge& e : hairline()) table.push_back({-e.longitude, e.y});
        table.push_back({130, 0.3f});
    }
    Random r(look_.hair.seed ^ 77);
    const float part = look_.hair.part * 60, v = look_.hair.volume;
    for (int i = 0; i < kCapStrands; ++i) {
        const float longitude = -124 + 248 * (static_cast<float>(i) + r.unit()) / kCapStrands;
        const float low = interpolated(table, longitude) - r.range(0, 0.12f);
        const float high = look_.face.top * r.range(0.80f, 0.985f);
        std::vector<Vec2> line;
        for (int k = 0; k <= 4; ++k) {
            const float t = static_cast<float>(k) / 4;
            const float lift = mix(v * 1.1f, v * 0.30f, t * t);
            line.push_back(at(mix(mix(part, longitude, 0.55f), longitude, std::sqrt(t)), mix(high, low, t * (0.55f + 0.45f * t)), lift));
        }
        sheet.strands.push_back(std::move(line));
    }
}

HairSheet HairShape::mass(float bottom, float spread, float wave) const {
    HairSheet sheet;
    Random r(look_.hair.seed ^ 991);
    const float v = look_.hair.volume, phase = r.range(0, 6);
    std::vector<Vec2> right, left;
    constexpr int kSteps = 14;
    for (int i = 0; i <= kSteps; ++i) {
        const float t = static_cast<float>(i) / kSteps, y = mix(-1.0f, bottom, t);
        const float open = v * 0.9f + spread * smooth_step(-0.6f, std::min(bottom, 2.6f), y);
        const float ripple = wave * std::sin(y * 4.6f + phase) * smooth_step(0.0f, 0.8f, y);
        const float tuck = smooth_step(0.86f, 1.0f, t) * (bottom < 1.6f ? 0.10f : 0.30f);  // ends turn in
        right.push_back(hanging(y, -1, open + ripple - tuck, 0.8f));
        left.push_back(hanging(y, 1, open - ripple - tuck, 0.8f));
    }
    sheet.outline = smooth_points(right, 3);
    // Uneven ends.
    const int ends = 9;
    for (int i = 1; i < ends; ++i) {
        const float t = static_cast<float>(i) / ends;
        const Vec2 p = mix(right.back(), left.back(), t), down = right.back() - right[right.size() - 2];
        sheet.outline.push_back(p + down * (r.range(0.0f, 0.5f) + 0.35f));
    }
    const std::vector<Vec2> back = smooth_points(left, 3);
    sheet.outline.insert(sheet.outline.end(), back.rbegin(), back.rend());
    for (int s = 0; s < 40; ++s) {
        const float across = (static_cast<float>(s) + r.unit()) / 40;
        std::vector<Vec2> line;
        for (int i = 1; i <= kSteps; i += 2) line.push_back(mix(right[static_cast<std::size_t>(i)], left[static_cast<std::size_t>(i)], across));
        sheet.strands.push_back(std::move(line));
    }
    sheet.light = 0.72f;
    return sheet;
}

HairSheet HairShape::tail(std::vector<Vec2> spine, std::vector<float> widths) const {
    HairSheet sheet;
    sheet.outline = ribbon_outline(spine, widths);
    for (int s = 0; s < 12; ++s) {
        const float across = (static_cast<float>(s) + 0.5f) / 12 - 0.5f;
        std::vector<Vec2> line;
        for (std::size_t i = 0; i < spine.size(); ++i) {
            const Vec2 normal = perpendicular(unit(spine[std::min(i + 1, spine.size() - 1)] - spine[i == 0 ? 0 : i - 1]));
            line.push_back(spine[i] + normal * (across * widths[i] * 0.9f));
        }
        sheet.strands.push_back(std::move(line));
    }
    return sheet;
}

std::vector<HairSheet> HairShape::back() const {
    using enum HairKind;
    const HairLook& h = look_.hair;
    std::vector<HairSheet> sheets;
    Random r(h.seed ^ 5);
    const float u = rig_.stage.unit();
    const float reach = look_.extras.hat == HatKind::none ? 1.0f : 0.9f;
    switch (h.kind) {
        case bob: sheets.push_back(mass(0.95f + 0.35f * h.length, 0.10f, 0)); break;
        case long_straight: sheets.push_back(mass(1.9f + 2.6f * h.length, 0.16f, 0)); break;
        case long_wavy: sheets.push_back(mass(1.8f + 2.2f * h.length, 0.24f, 0.07f)); break;
        case curly:
            if (look_.body.feminine) sheets.push_back(mass(0.9f + 1.0f * h.length, 0.26f, 0.05f));
            break;
        case afro: sheets.push_back(mass(0.55f, 0.05f, 0.02f)); break;
        case bun: {
            HairSheet ball;
            const Vec3 centre{0, look_.face.top * 0.98f, -0.62f};
            const Vec2 middle = rig_.head.project(centre);
            const float radius = u * (0.40f + 0.10f * h.length) * reach;
            for (int i = 0; i < 40; ++i) {
                const float a = static_cast<float>(i) * kPi / 20;
                ball.outline.push_back(middle + Vec2{std::cos(a), std::sin(a) * 0.92f} * (radius * (1 + 0.02f * std::sin(5 * a))));
            }
            for (int i = 0; i < 14; ++i) {
                const float a = static_cast<float>(i) * 0.42f, k = r.range(0.45f, 0.95f);
                ball.strands.push_back({middle + Vec2{std::cos(a), std::sin(a)} * (radius * k), middle + Vec2{std::cos(a + 0.6f), std::sin(a + 0.6f)} * (radius * k),
                                        middle + Vec2{std::cos(a + 1.2f), std::sin(a + 1.2f)} * (radius * k * 0.9f)});
            }
            ball.light = 0.92f;
            sheets.push_back(std::move(ball));
            break;
        }
        case ponytail: {
            const float side = h.part >= 0 ? 1.0f : -1.0f;
            const Vec2 root = rig_.head.project({side * 0.25f, -0.75f, -1.25f}), bend = rig_.head.project({side * 0.95f, -0.35f, -1.3f});
            const Vec2 low = mix(rig_.head.project({side * 1.20f, 1.0f, -1.1f}), rig_.body.pixel({side * 1.25f, 1.2f}), 0.5f);
            const Vec2 tip = rig_.body.pixel({side * (0.95f + 0.2f * h.length), 1.9f + 1.2f * h.length});
            sheets.push_back(tail({root, bend, low, tip}, {u * 0.35f, u * 0.62f, u * 0.60f, u * 0.06f}));
            sheets.back().light = 0.85f;
            break;
        }
        case twin_tails:
            for (const float side : {-1.0f, 1.0f}) {
                const Vec2 root = rig_.head.project({side * 0.98f, -0.72f, -0.45f}), bend = rig_.head.project({side * 1.55f, -0.45f, -0.45f});
                const Vec2 low = mix(rig_.head.project({side * 1.72f, 1.1f, -0.4f}), rig_.body.pixel({side * 1.75f, 1.2f}), 0.5f);
                const Vec2 tip = rig_.body.pixel({side * (1.45f + 0.3f * h.length), 2.6f + 2.0f * h.length});
                sheets.push_back(tail({root, bend, low, tip}, {u * 0.26f, u * 0.60f, u * 0.62f, u * 0.05f}));
                sheets.back().light = 0.95f;
            }
            break;
        default: break;
    }
    return sheets;
}

std::vector<HairSheet> HairShape::falling() const {
    std::vector<HairSheet> sheets;
    if (look_.hair.kind != HairKind::braids) return sheets;
    const float u = rig_.stage.unit();
    for (const float side : {-1.0f, 1.0f}) {
        const Vec2 root = rig_.head.project({side * 0.90f, 0.35f, -0.35f});
        const Vec2 low = mix(rig_.head.project({side * 0.98f, 1.3f, -0.2f}), rig_.body.pixel({side * 0.98f, 1.5f}), 0.4f);
        const Vec2 rest = rig_.body.pixel({side * 1.02f, 2.6f}), tip = rig_.body.pixel({side * 0.96f, 3.2f + 2.2f * look_.hair.length});
        const std::vector<Vec2> spine = smooth_points(std::vector<Vec2>{root, low, rest, tip}, 4);
        // Plaits: overlapping leaves, left and right in turn.
        for (std::size_t i = 0; i + 1 < spine.size(); ++i) {
            const Vec2 along = spine[i + 1] - spine[i], across = perpendicular(unit(along));
            const float lean = i % 2 == 0 ? 0.07f : -0.07f;
            const float wide = u * mix(0.34f, 0.22f, static_cast<float>(i) / static_cast<float>(spine.size()));
            const Vec2 a = spine[i] - along * 0.35f + across * (lean * u), b = spine[i + 1] + along * 0.35f - across * (lean * u);
            sheets.push_back(tail({a, mix(a, b, 0.5f) + across * (lean * u * 0.8f), b}, {wide * 0.35f, wide, wide * 0.30f}));
            sheets.back().strands.resize(4);
        }
    }
    return sheets;
}

HairSheet HairShape::front_lock(float side, float low, float width) const {
    HairSheet sheet;
    const float v = look_.hair.volume;
    const bool wavy = look_.hair.kind == HairKind::long_wavy || look_.hair.kind == HairKind::curly;
    const float wave = wavy ? 0.05f : 0;
    std::vector<Vec2> outer, inner;
    for (const float y : {-0.55f, -0.15f, 0.3f, 0.75f, 1.15f, 1.6f, 2.1f, 2.7f}) {
        if (y > low) break;
        const float ripple = wave * std::sin(y * 5.2f + side);
        outer.push_back(hanging(y, side, v * 0.95f + ripple + 0.05f * smooth_step(0, 1, y), 0.9f));
        // Inner edge: along the temple, then straight down.
        const Vec2 in = y < 0.5f ? at(side * mix(62.0f, 76.0f, smooth_step(-0.55f, 0.3f, y)), y, 0.07f) : hanging(y, side, v * 0.95f - width + ripple, 0.9f);
        inner.push_back(in);
    }
    const Vec2 end = mix(outer.back(), inner.back(), 0.45f) + (outer.back() - outer[outer.size() - 2]) * 0.5f;
    sheet.outline = smooth_points(outer, 4);
    sheet.outline.push_back(end);
    const std::vector<Vec2> back = smooth_points(inner, 4);
    sheet.outline.insert(sheet.outline.end(), back.rbegin(), back.rend());
    for (int s = 0; s < 9; ++s) {
        std::vector<Vec2> line;
        for (std::size_t i = 0; i < outer.size(); ++i) line.push_back(mix(outer[i], inner[i], (static_cast<float>(s) + 0.5f) / 9));
        line.push_back(end);
        sheet.strands.push_back(std::move(line));
    }
    return sheet;
}

std::vector<HairSheet> HairShape::front() const {
    using enum HairKind;
    const HairLook& h = look_.hair;
    std::vector<HairSheet> sheets;
    if (h.kind == bald) return sheets;
    const bool long_hair = h.kind == bob || h.kind == long_straight || h.kind == long_wavy || (h.kind == curly && look_.body.feminine);
    if (long_hair) {
        const float low = h.kind == bob ? 0.95f + 0.35f * h.length : h.kind == curly ? 1.0f : 1.3f + 1.5f * h.length;
        for (const float side : {-1.0f, 1.0f}) sheets.push_back(front_lock(side, low, 0.24f));
    }
    HairSheet cap;
    cap.outline = hair_outline(look_, rig_.head);
    add_nape(cap, 1);
    if (h.fringe > 0.3f) add_fringe(cap);
    else add_hairline(cap);
    add_nape(cap, -1);
    if (h.kind != buzz) add_cap_strands(cap);
    sheets.push_back(std::move(cap));
    return sheets;
}

}  // namespace mirrorme::performers
