// Note [Flow from points]
// A head and a torso move nearly rigidly, lips and lids do not. So each cell first takes the rigid motion of the head or of
// the torso (affine maps fitted to their points; the weight between them is a smooth step of the distance to the two areas),
// and then a kernel-weighted mean of what single points know better:
//     flow(p) = rigid(p) - p + sum_k w_k(p) r_k / (sum_k w_k(p) + rest),  w_k(p) = weight_k G(p - at_k).
// A head that only turns in the plane is thus exact everywhere, outlines included, and the points' reach can be short. In one that turns away the face
// moves on over its outline: that is the dome's share, greatest in the middle, nothing at the rim.
// G is a Gaussian in x times one in y: a row and a column of exponentials a point, not one a cell. Its reach up and down may
// differ: the skin above a closing lid comes from above the lid, and the lower lid, by then in the same place, may not say
// otherwise.

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/cpu_operations.h"
#include "kernels/cpu/simd.h"
#include "kernels/include/dome.h"

namespace mirrorme::kernels::cpu {
namespace {

constexpr int kMaxGridSide = kMaxSide / kCell;
constexpr float kReach = 3.0f;  // sigmas: beyond, the weight is below 1.2 %

struct Box {
    int x0, x1, y0, y1;  // cells, half open
};

float middle(int cell) { return static_cast<float>(cell * kCell) + 0.5f * (kCell - 1); }

float distance_to(const Capsule& capsule, float x, float y) {
    const float dx = capsule.p1.x - capsule.p0.x, dy = capsule.p1.y - capsule.p0.y;
    const float length2 = std::max(dx * dx + dy * dy, 1e-6f);
    const float t = std::clamp(((x - capsule.p0.x) * dx + (y - capsule.p0.y) * dy) / length2, 0.0f, 1.0f);
    const float ex = x - capsule.p0.x - t * dx, ey = y - capsule.p0.y - t * dy;
    return std::sqrt(ex * ex + ey * ey) - (capsule.r0 + t * (capsule.r1 - capsule.r0));
}

float distance_to(std::span<const Capsule> area, float x, float y) {
    float nearest = 1e9f;
    for (const Capsule& capsule : area) nearest = std::min(nearest, distance_to(capsule, x, y));
    return nearest;
}

Box reach_of(const FlowAnchor& anchor, int grid_w, int grid_h) {
    auto cell = [](float pixel, int limit) {
        return static_cast<int>(std::clamp(std::floor(pixel / kCell), 0.0f, static_cast<float>(limit)));
    };
    const float side = kReach * anchor.side;
    return {cell(anchor.at.x - side, grid_w), std::min(cell(anchor.at.x + side, grid_w) + 1, grid_w),
            cell(anchor.at.y - kReach * anchor.up, grid_h), std::min(cell(anchor.at.y + kReach * anchor.down, grid_h) + 1, grid_h)};
}

/// Adds one anchor's weight and weighted residual to sums [3][grid]: weight, x, y.
MIRRORME_SIMD void add_anchor(const FlowAnchor& anchor, int grid_w, int grid_h, float* sums) {
    const Box box = reach_of(anchor, grid_w, grid_h);
    const auto fall = [](float sigma) { return -0.5f / (sigma * sigma); };
    const float aside = fall(anchor.side), above = fall(anchor.up), below = fall(anchor.down);
    std::array<float, kMaxGridSide> along_x;
    for (int x = box.x0; x < box.x1; ++x) {
        const float d = middle(x) - anchor.at.x;
        along_x[static_cast<std::size_t>(x)] = std::exp(aside * d * d);
    }
    const int cells = grid_w * grid_h;
    for (int y = box.y0; y < box.y1; ++y) {
        const float d = middle(y) - anchor.at.y;
        const float along_y = anchor.weight * std::exp((d < 0 ? above : below) * d * d);
        float* weight = sums + y * grid_w;
        float* rx = weight + cells;
        float* ry = rx + cells;
        for (int x = box.x0; x < box.x1; ++x) {
            const float w = along_y * along_x[static_cast<std::size_t>(x)];
            weight[x] += w;
            rx[x] += w * anchor.residual.x;
            ry[x] += w * anchor.residual.y;
        }
    }
}

float head_share(const FlowPlan& plan, float x, float y) {
    if (plan.torso_area.empty()) return 1;
    const float nearer = distance_to(plan.torso_area, x, y) - distance_to(plan.head_area, x, y);
    return 1 / (1 + std::exp(-nearer / plan.blend));
}

}  // namespace

void flow_from_points(const FlowPlan& plan, Size size, float* flow) {
    const int grid_w = size.width / kCell, grid_h = size.height / kCell, cells = grid_w * grid_h;
    static thread_local std::array<float, 3 * kMaxGridSide * kMaxGridSide> sums;
    std::fill_n(sums.data(), 3 * cells, 0.0f);
    for (const FlowAnchor& anchor : plan.anchors)
        if (anchor.weight > 0) add_anchor(anchor, grid_w, grid_h, sums.data());

    for (int y = 0; y < grid_h; ++y) {
        for (int x = 0; x < grid_w; ++x) {
            const int cell = y * grid_w + x;
            const float px = middle(x), py = middle(y), head = head_share(plan, px, py), torso = 1 - head;
            const Affine &h = plan.head, &t = plan.torso;
            const float dome = height_at(plan.face, {px, py});
            const float sx = head * (h.a * px + h.b * py + h.tx + dome * plan.face.shift.x) + torso * (t.a * px + t.b * py + t.tx);
            const float sy = head * (h.c * px + h.d * py + h.ty + dome * plan.face.shift.y) + torso * (t.c * px + t.d * py + t.ty);
            const float norm = 1 / (sums[static_cast<std::size_t>(cell)] + plan.rest);
            flow[2 * cell] = sx - px + sums[static_cast<std::size_t>(cells + cell)] * norm;
            flow[2 * cell + 1] = sy - py + sums[static_cast<std::size_t>(2 * cells + cell)] * norm;
        }
    }
}

}  // namespace mirrorme::kernels::cpu
