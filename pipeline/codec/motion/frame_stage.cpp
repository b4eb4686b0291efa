#include "codec/motion/frame_stage.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "codec/motion/flow_plan.h"
#include "codec/motion/motion_values.h"

namespace mirrorme {
namespace {

using kernels::kCell;
using kernels::kCellChannels;

constexpr float kDegrees = 1.0f / 30;      // head angles as the net sees them
constexpr float kUsualFaceUnit = 30.0f;    // pixels

}  // namespace

FrameStage::FrameStage(const kernels::Operations& operations, kernels::Size size)
    : operations_(&operations), size_(size), maps_(size) {
    const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    const std::size_t cells = pixels / (kCell * kCell);
    flow_.resize(cells * 2);
    base_.resize(pixels * 4);
    labels_.resize(pixels * 4);
    scratch_.resize(pixels * 2);
    paint_.resize(cells * 4);
    cells_.resize(cells * kCellChannels);
    residual_.resize(cells * 64);
    delta_.resize(cells * 2);
}

void FrameStage::prepare(const ReferenceLayer& reference, const KeyPointFrame& target) {
    target_ = target;
    if (!reference.movable().right) blend_arm(reference.points(), point::kRightHand, 0, target_);
    if (!reference.movable().left) blend_arm(reference.points(), point::kLeftHand, 0, target_);
    eyes_ = closing_eyes(reference.points(), target);
    const PointFlow flow(reference.points(), held_open(target, eyes_));
    operations_->flow_from_points(flow.plan(), size_, flow_.data());
    raised_ = raised_arms(reference.points(), target_);
    operations_->warp8(reference.layers(raised_), flow_.data(), size_, base_.data(), labels_.data());
    lay_lids(reference, LidCanvas::person, base_);
    maps_.draw(*operations_, target);
    region_ = choose_region(target);
    paint_cues(reference.palette());
    describe(reference, target);
    operations_->pack_cells({base_.data(), labels_.data(), maps_.planes(), paint_.data()}, size_, cells_.data());
}

// Note [Only where there is work]
// The head is what the net repaints; the rest of a body is moved well enough by the warp, and in a half-body picture it is most of the frame.
// Regions grow in steps so that the convolutions see few different shapes, and fade out over two cells, so that nothing shows where they end.
CellRegion FrameStage::choose_region(const KeyPointFrame& target) const {
    const float unit = face_frame_of(target).unit;
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
    auto add = [&](int first, int count, float margin) {
        for (int i = first; i < first + count; ++i) {
            const Point p = position(target, i);
            x0 = std::min(x0, p.x - margin), x1 = std::max(x1, p.x + margin);
            y0 = std::min(y0, p.y - margin), y1 = std::max(y1, p.y + margin);
        }
    };
    add(0, point::kNeck, 0.45f * unit);
    auto side = [](float low, float high, int cells) {
        const auto cell = [&](float pixel) { return static_cast<int>(std::clamp(std::floor(pixel / kCell), 0.0f, static_cast<float>(cells - 1))); };
        return std::pair{cell(low), cell(high) + 1};
    };
    const auto [left, right] = side(x0, x1, size_.width / kCell);
    const auto [top, bottom] = side(y0, y1, size_.height / kCell);
    const CellRegion wanted{left, top, right - left, bottom - top};
    return united(wanted, wanted, size_);
}

CellRegion united(const CellRegion& a, const CellRegion& b, kernels::Size size) noexcept {
    auto side = [](int low, int high, int cells) {
        const int length = std::min((high - low + kRegionStep - 1) / kRegionStep * kRegionStep, cells);
        return std::pair{std::clamp(low - (length - (high - low)) / 2, 0, cells - length), length};
    };
    const auto [x, width] = side(std::min(a.x, b.x), std::max(a.x + a.width, b.x + b.width), size.width / kCell);
    const auto [y, height] = side(std::min(a.y, b.y), std::max(a.y + a.height, b.y + b.height), size.height / kCell);
    return {x, y, width, height};
}

void FrameStage::copy_cells(const CellRegion& region, float* to) const {
    const int grid_w = size_.width / kCell;
    for (int y = 0; y < region.height; ++y)
        to = std::copy_n(cells_.data() + static_cast<std::size_t>((region.y + y) * grid_w + region.x) * kCellChannels, region.width * kCellChannels, to);
}

void FrameStage::correct(const ReferenceLayer& reference, const CellRegion& region, const float* residual, const float* delta) {
    constexpr int kFade = 2;  // cells
    const int grid_w = size_.width / kCell, grid_h = size_.height / kCell;
    std::fill(residual_.begin(), residual_.end(), 0.0f);
    std::fill(delta_.begin(), delta_.end(), 0.0f);
    auto rise = [](int at, int first, int count, int cells) {  // no fading at the frame's own rim
        const int before = first == 0 ? kFade : at, after = first + count == cells ? kFade : count - 1 - at;
        return (static_cast<float>(std::min({before, after, kFade})) + 0.5f) / (kFade + 0.5f);
    };
    for (int y = 0; y < region.height; ++y) {
        for (int x = 0; x < region.width; ++x) {
            const float share = std::min(rise(y, region.y, region.height, grid_h), rise(x, region.x, region.width, grid_w));
            const std::size_t to = static_cast<std::size_t>((region.y + y) * grid_w + region.x + x);
            for (std::size_t c = 0; c < 64; ++c) residual_[64 * to + c] = share * *residual++;
            for (std::size_t c = 0; c < 2; ++c) delta_[2 * to + c] = share * *delta++;
        }
    }
    operations_->warp4(reference.rgba(raised_), flow_.data(), delta_.data(), size_, base_.data());
    lay_lids(reference, LidCanvas::person, base_);
    if (!raised_.any()) return;
    apply_residual(region);
    paint_limbs(reference.limbs(), target_, raised_, size_, base_.data());
}

void FrameStage::apply_residual(const CellRegion& region) {
    const int grid_w = size_.width / kCell;
    for (int gy = region.y; gy < region.y + region.height; ++gy) {
        for (int gx = region.x; gx < region.x + region.width; ++gx) {
            float* from = residual_.data() + static_cast<std::size_t>(gy * grid_w + gx) * 64;
            for (int y = 0; y < kCell; ++y) {
                float* to = base_.data() + static_cast<std::size_t>((gy * kCell + y) * size_.width + gx * kCell) * 4;
                for (int i = 0; i < kCell * 4; ++i) to[i] += from[y * kCell * 4 + i];
                for (int x = 0; x < kCell; ++x) {
                    to[4 * x + 3] = std::clamp(to[4 * x + 3], 0.0f, 1.0f);
                    for (int c = 0; c < 3; ++c) to[4 * x + c] = std::clamp(to[4 * x + c], 0.0f, to[4 * x + 3]);
                }
            }
            std::fill_n(from, 64, 0.0f);
        }
    }
}

void FrameStage::lay_lids(const ReferenceLayer& reference, LidCanvas canvas, std::vector<float>& image) {
    paint_lids(*operations_, reference.lids(), eyes_, target_, reference.limbs().style.shaded, size_, scratch_.data(), canvas, image.data());
}

std::vector<float> FrameStage::lid_layer(const ReferenceLayer& reference) {
    std::vector<float> layer(base_.size(), 0.0f);
    lay_lids(reference, LidCanvas::nothing, layer);
    return layer;
}

std::vector<float> FrameStage::limb_layer(const ReferenceLayer& reference) const {
    std::vector<float> layer(base_.size(), 0.0f);
    paint_limbs(reference.limbs(), target_, raised_, size_, layer.data());
    return layer;
}

void FrameStage::paint_cues(const Palette& palette) {
    const int grid_w = size_.width / kCell;
    std::fill(paint_.begin(), paint_.end(), 0.0f);
    auto add = [&](const float* plane, const std::array<float, 4>& colour) {
        for (int y = 0; y < size_.height; ++y) {
            const float* row = plane + y * size_.width;
            float* cues = paint_.data() + 4 * (y / kCell) * grid_w;
            for (int gx = 0; gx < grid_w; ++gx) {
                const float sum = row[kCell * gx] + row[kCell * gx + 1] + row[kCell * gx + 2] + row[kCell * gx + 3];
                if (sum == 0) continue;  // most of a frame is neither lip nor iris
                for (std::size_t c = 0; c < 4; ++c) cues[4 * static_cast<std::size_t>(gx) + c] += sum * colour[c];
            }
        }
    };
    constexpr float kShare = 1.0f / (kCell * kCell);
    auto tint = [](const Colour& colour) { return std::array{colour[0] * kShare, colour[1] * kShare, colour[2] * kShare, 0.0f}; };
    add(maps_.plane(ContourMaps::lips), tint(palette.lips));
    add(maps_.plane(ContourMaps::iris), tint(palette.iris));
    add(maps_.plane(ContourMaps::brows), tint(palette.brows));
}

void FrameStage::describe(const ReferenceLayer& reference, const KeyPointFrame& target) {
    auto out = condition_.begin();
    for (const KeyPointFrame* frame : {&reference.points(), &target})
        for (int s = 0; s < kScalarCount; ++s)
            *out++ = frame->scalars[static_cast<std::size_t>(s)] * (s >= static_cast<int>(Scalar::yaw) ? kDegrees : 1.0f);
    const Palette& palette = reference.palette();
    for (const Colour* colour : {&palette.skin, &palette.lips, &palette.iris, &palette.upper_arms, &palette.forearms}) out = std::copy(colour->begin(), colour->end(), out);
    *out = std::log(face_frame_of(target).unit / kUsualFaceUnit);
}

}  // namespace mirrorme
