#include "train/performers/hair_shape.h"
#include "train/performers/painter.h"
#include "train/performers/random.h"
#include "train/performers/strand_layer.h"

namespace mirrorme::performers {
namespace {

std::pair<Vec2, Vec2> box_of(const HairSheet& sheet) {
    Vec2 low{1e9f, 1e9f}, high{-1e9f, -1e9f};
    for (const Vec2& p : sheet.outline) {
        low = {std::min(low.x, p.x), std::min(low.y, p.y)};
        high = {std::max(high.x, p.x), std::max(high.y, p.y)};
    }
    return {low, high};
}

}  // namespace

void Painter::back_hair() {
    for (const HairSheet& sheet : HairShape(look_, rig_).back()) hair_sheet(sheet);
}

void Painter::falling_hair() {
    for (const HairSheet& sheet : HairShape(look_, rig_).falling()) hair_sheet(sheet);
}

void Painter::front_hair() {
    for (const HairSheet& sheet : front_hair_) hair_sheet(sheet);
}

void Painter::hair_sheet(const HairSheet& sheet) {
    const Colour base = mix(look_.hair.shade, look_.hair.base, sheet.light);
    const Colour line = line_of(look_.hair.base);
    c_.lines(sheet.outline);
    c_.close();
    const float alpha = look_.hair.kind == HairKind::buzz ? 0.72f : 1.0f;
    shape({base, alpha}, line);
    if (look_.hair.kind == HairKind::buzz) return;
    if (styled(DrawingStyle::photo)) flyaways(sheet);
    const bool curly = look_.hair.kind == HairKind::curly || look_.hair.kind == HairKind::afro;
    c_.lines(sheet.outline);
    c_.close();
    const Canvas::Clip inside(c_);
    if (curly) curls(sheet);
    else if (look_.shaded()) fine_strands(sheet);
    else graphic_strands(sheet);
}

void Painter::graphic_strands(const HairSheet& sheet) {
    const bool cel = styled(DrawingStyle::cel), outlined = styled(DrawingStyle::outlined);
    const Colour line = line_of(look_.hair.base);
    // Every few guide lines one lock in the shade; light runs as a band across the crown.
    const std::size_t step = cel ? 5 : 7;
    for (std::size_t i = 2; i < sheet.strands.size(); i += step) {
        const auto& s = sheet.strands[i];
        std::vector<float> widths(s.size());
        for (std::size_t k = 0; k < s.size(); ++k) {
            const float t = static_cast<float>(k) / static_cast<float>(s.size() - 1);
            widths[k] = px(0.085f) * std::sin(kPi * (0.08f + 0.80f * t));
        }
        c_.ribbon(s, widths);
        c_.fill({look_.hair.shade, cel ? 0.75f : 0.55f});
    }
    for (std::size_t i = 4; i < sheet.strands.size(); i += step) {
        const auto& s = sheet.strands[i];
        if (s.size() < 4) continue;
        const std::size_t from = cel ? 1 : 0;
        const std::array<Vec2, 3> band{s[from], mix(s[from], s[from + 1], 0.5f), s[from + 1]};
        const float w = px(cel ? 0.15f : 0.07f);
        const std::array<float, 3> widths{0, w, 0};
        c_.ribbon(band, widths);
        c_.fill({look_.hair.light, (cel ? 0.85f : 0.40f) * sheet.light});
    }
    if (cel || outlined)
        for (const auto& gap : sheet.gaps) {
            const std::array<float, 3> widths{line_ * 0.9f, line_ * 0.7f, 0};
            c_.ribbon(gap, widths);
            c_.fill({line, 0.85f});
        }
}

void Painter::flyaways(const HairSheet& sheet) {
    // Single hairs leave the outline.
    const auto [low, high] = box_of(sheet);
    const Vec2 margin{px(0.2f), px(0.2f)};
    StrandLayer layer(c_, low - margin, high + margin);
    Random r(look_.hair.seed ^ 99);
    const std::size_t n = sheet.outline.size();
    Vec2 middle{};
    for (const Vec2& p : sheet.outline) middle = middle + p * (1.0f / static_cast<float>(n));
    for (std::size_t i = 1; i + 1 < n; ++i) {
        const float chance = r.unit(), bend = r.range(-0.5f, 0.5f), size = px(r.range(0.08f, 0.22f)), tone = r.unit();
        if (chance > 0.30f) continue;
        const Vec2 p = sheet.outline[i], along = unit(sheet.outline[i + 1] - sheet.outline[i - 1]), out = unit(p - middle);
        const Vec2 tip = p + along * (size * (bend > 0 ? 1.0f : -1.0f)) + out * (size * 0.28f);
        const Vec2 root = p - out * (size * 0.2f), middle_bend = mix(p, tip, 0.5f) + out * (size * 0.12f);
        layer.hair(root, mix(root, middle_bend, 0.7f), mix(tip, middle_bend, 0.7f), tip, {mix(look_.hair.base, look_.hair.light, 0.4f * tone), 0.42f}, std::max(px(0.007f), 0.5f));
    }
    layer.paint(c_);
}

void Painter::curls(const HairSheet& sheet) {
    const auto [low, high] = box_of(sheet);
    StrandLayer layer(c_, low, high);
    Random r(look_.hair.seed ^ 313);
    const bool fine = look_.shaded(), tight = look_.hair.kind == HairKind::afro;
    const float size = px(fine ? (tight ? 0.050f : 0.085f) : tight ? 0.075f : 0.12f);
    const int count = fine ? static_cast<int>(420 * std::clamp(unit_ / 60, 1.0f, 2.5f)) : tight ? 80 : 54;
    const Vec2 extent = high - low;
    const float dim = mix(0.75f, 1.0f, sheet.light), width = std::max(px(fine ? 0.024f : 0.030f), 0.7f);
    for (int i = 0; i < count; ++i) {
        // Placed by share of the sheet, so that curls ride along when the head moves.
        const float across = r.unit(), height = r.unit(), start = r.range(0, 2 * kPi), sweep = r.range(2.2f, 4.4f);
        const float radius = size * r.range(0.6f, 1.25f), shine = clamp01(1 - std::abs(height - 0.22f) * 3.2f), tone = r.unit();
        const Vec2 centre = low + Vec2{extent.x * across, extent.y * height};
        // A lock turns in on itself: its far side dark, its near side lit.
        layer.arc(centre, radius, start, sweep, {scaled(mix(look_.hair.shade, look_.hair.base, 0.35f * tone), dim), 0.55f}, width);
        if (fine || tone > 0.4f) layer.arc(centre, radius * 0.72f, start, sweep, {scaled(mix(look_.hair.base, look_.hair.light, (0.15f + 0.7f * shine) * tone), dim), 0.60f}, width);
    }
    layer.paint(c_);
}

void Painter::fine_strands(const HairSheet& sheet) {
    const auto [low, high] = box_of(sheet);
    StrandLayer layer(c_, low, high);
    Random r(look_.hair.seed ^ 4242);
    // Larger pictures show more hairs, not thicker ones.
    const float scale = std::clamp(unit_ / 45, 1.0f, 4.0f);
    const int copies = static_cast<int>((styled(DrawingStyle::photo) ? 5 : 3) * scale);
    const float width = std::max(px(styled(DrawingStyle::photo) ? 0.016f : 0.032f) / std::sqrt(scale), 0.7f), dim = mix(0.75f, 1.0f, sheet.light);
    for (const auto& s : sheet.strands)
        for (int copy = 0; copy < copies; ++copy) {
            const Vec2 shift{px(r.range(-0.06f, 0.06f)), px(r.range(-0.03f, 0.03f))};
            const float tone = r.unit();
            const Colour body = mix(look_.hair.shade, look_.hair.base, tone);
            const std::size_t n = s.size();
            for (std::size_t k = 0; k + 1 < n; ++k) {
                // Light lies where the strands bend most, a third of the way down.
                const float t = (static_cast<float>(k) + 0.5f) / static_cast<float>(n - 1);
                const float shine = std::exp(-std::pow((t - 0.30f) / 0.20f, 2.0f)) * (0.35f + 0.65f * tone);
                const Colour c = scaled(mix(body, look_.hair.light, shine * 0.75f * sheet.light), dim);
                const Vec2 before = s[k == 0 ? 0 : k - 1], after = s[std::min(k + 2, n - 1)];
                layer.hair(s[k] + shift, s[k] + (s[k + 1] - before) * (1.0f / 6) + shift, s[k + 1] - (after - s[k]) * (1.0f / 6) + shift, s[k + 1] + shift, {c, 0.5f}, width);
            }
        }
    layer.paint(c_);
}

}  // namespace mirrorme::performers
