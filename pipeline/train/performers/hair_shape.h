#pragma once
// Hair as sheets: an outline in pixels, and guide lines along which strands run from root to tip.

#include <vector>

#include "train/performers/rig.h"

namespace mirrorme::performers {

struct HairSheet {
    std::vector<Vec2> outline;               // closed, dense enough to be joined by lines
    std::vector<std::vector<Vec2>> strands;  // root to tip, smooth through the points
    std::vector<std::vector<Vec2>> gaps;     // tapering dark lines where locks part, tip first
    float light = 1;                         // < 1: hair in the shade behind the head
};

class HairShape {
public:
    HairShape(const CharacterLook& look, const Rig& rig);

    /// Behind neck and shoulders, and what stands off the back of the head (bun, tails).
    std::vector<HairSheet> back() const;
    /// Over the shoulders and the chest, behind the face (braids, long locks).
    std::vector<HairSheet> falling() const;
    /// On the skull: fringe, sides, front locks.
    std::vector<HairSheet> front() const;

    /// A point on the hair's surface: longitude in degrees (0 = middle of the face, positive = larger x), height on
    /// the head, lift over the skull. Longitudes out of sight come out on the horizon.
    Vec2 at(float longitude, float y, float lift) const;

private:
    struct Edge {  // of the hair on the forehead and temples
        float longitude, y, lift;
    };
    Vec2 side_rim(float y, float side, float lift) const;
    Vec2 hanging(float y, float side, float lift, float hold) const;
    std::vector<Edge> hairline() const;
    void add_fringe(HairSheet& sheet) const;
    void add_hairline(HairSheet& sheet) const;
    void add_nape(HairSheet& sheet, float side) const;
    void add_cap_strands(HairSheet& sheet) const;
    HairSheet mass(float bottom, float spread, float wave) const;
    HairSheet tail(std::vector<Vec2> spine, std::vector<float> widths) const;
    HairSheet front_lock(float side, float low, float width) const;

    const CharacterLook& look_;
    const Rig& rig_;
};

/// Ribbon outline around a smooth spine; widths are full widths at its knots.
std::vector<Vec2> ribbon_outline(const std::vector<Vec2>& spine, const std::vector<float>& widths);

}  // namespace mirrorme::performers
