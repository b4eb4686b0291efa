// Note [What the renderer learns from]
// Reference and target are two drawings of one character in one view. The reference is mostly what users give (mouth shut,
// facing the viewer), the target anything. One batch holds several characters and several targets of each: many characters
// at once matter more than long looks at one. Live, the reference's points come from the key-point net and its matte too, and
// the target's points are the reference's plus motion: so half of the pairs share an error of points, and some references have
// the soft, tainted edge of an estimated matte; the truth is always clean. One target in sixteen is the reference itself, so that an unmoved face stays
// the picture's own. Every target gives a crop about the face, where the work is, and many a
// second one about hands or anywhere; the rest of the body is nearly right by the warp alone.

#include "train/codec_renderer_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "codec/motion/body_geometry.h"
#include "codec/motion/motion_values.h"
#include "codec/motion/resample.h"

namespace mirrorme {
namespace {

using kernels::kCell;
using kernels::kCellChannels;

constexpr float kStillShare = 1.0f / 16;  // of targets that are the reference itself
constexpr float kNearShare = 0.3f;        // of targets that differ from it by little but the mouth
constexpr float kOtherCrop = 0.6f, kOtherCropArms = 0.85f;  // share of targets that give a second crop, away from the face
constexpr float kMisplacedShare = 0.5f, kGroupError = 0.02f, kPointError = 0.012f;  // face units
constexpr float kTaintedShare = 0.25f;  // of references with an edge as an estimated matte leaves it
constexpr int kBorder = 4;  // pixels at a crop's rim without loss: there the flow is held and the net has no context

struct Box {
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
    void add(Point p) {
        x0 = std::min(x0, p.x), y0 = std::min(y0, p.y);
        x1 = std::max(x1, p.x), y1 = std::max(y1, p.y);
    }
    void grow(float by) { x0 -= by, y0 -= by, x1 += by, y1 += by; }
    Point middle() const { return {(x0 + x1) / 2, (y0 + y1) / 2}; }
};

Box box_of(const KeyPointFrame& frame, int first, int count, float margin) {
    Box box;
    for (int i = first; i < first + count; ++i) box.add(position(frame, i));
    box.grow(margin);
    return box;
}

bool inside(const Box& box, int width, int height) { return box.x1 > 8 && box.y1 > 8 && box.x0 < static_cast<float>(width - 8) && box.y0 < static_cast<float>(height - 8); }

struct Crop {
    int x, y, width, height;  // pixels
};

void raise_weight(float* weight, const Crop& crop, const Box& box, float value) {
    auto low = [](float v, int limit) { return static_cast<int>(std::clamp(std::floor(v), 0.0f, static_cast<float>(limit))); };
    const int x0 = low(box.x0 - static_cast<float>(crop.x), crop.width), x1 = low(box.x1 + 1 - static_cast<float>(crop.x), crop.width);
    const int y0 = low(box.y0 - static_cast<float>(crop.y), crop.height), y1 = low(box.y1 + 1 - static_cast<float>(crop.y), crop.height);
    for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) weight[y * crop.width + x] = std::max(weight[y * crop.width + x], value);
}

void weigh(float* weight, const Crop& crop, const KeyPointFrame& target, RaisedArms raised) {
    const float unit = face_frame_of(target).unit;
    std::fill_n(weight, crop.width * crop.height, kRestWeight);
    if (raised.any())
        for (int hand : {point::kLeftHand, point::kRightHand})
            raise_weight(weight, crop, box_of(target, hand + point::kWrist, point::kHandCount - 1, 0.1f * unit), kHandsWeight);
    for (int eye : {point::kRightEye, point::kLeftEye}) raise_weight(weight, crop, box_of(target, eye, point::kEyeCount, 0.2f * unit), kEyesWeight);
    raise_weight(weight, crop, box_of(target, point::kOuterLips, point::kOuterLipsCount, 0.15f * unit), kMouthWeight);
    for (int y = 0; y < crop.height; ++y)
        for (int x = 0; x < crop.width; ++x)
            if (std::min({x, y, crop.width - 1 - x, crop.height - 1 - y}) < kBorder) weight[y * crop.width + x] = 0;
}

/// Interleaved [H, W, 4] -> planar crop.
void take_planar(const float* image, int stride, const Crop& crop, float* out) {
    for (int c = 0; c < 4; ++c)
        for (int y = 0; y < crop.height; ++y)
            for (int x = 0; x < crop.width; ++x) *out++ = image[4 * ((crop.y + y) * stride + crop.x + x) + c];
}

/// What a key-point net may get wrong about a face: every contour as a whole a little, every point a little.
std::vector<Point> point_errors(TrainingRng& rng) {
    std::vector<Point> errors(point::kLeftHand);
    constexpr std::array kGroups{point::kOuterLips, point::kInnerLips, point::kJaw, point::kRightEye, point::kLeftEye, point::kRightIris, point::kLeftIris, point::kRightBrow,
                                 point::kLeftBrow, point::kNose, point::kFaceContour, point::kCrown, point::kNeck, point::kShoulders, point::kChest, point::kLeftHand};
    for (std::size_t g = 0; g + 1 < kGroups.size(); ++g) {
        const Point group{uniform(rng, -kGroupError, kGroupError), uniform(rng, -kGroupError, kGroupError)};
        for (int i = kGroups[g]; i < kGroups[g + 1]; ++i)
            errors[static_cast<std::size_t>(i)] = {group.x + uniform(rng, -kPointError, kPointError), group.y + uniform(rng, -kPointError, kPointError)};
    }
    return errors;
}

KeyPointFrame misplaced(const KeyPointFrame& frame, const std::vector<Point>& errors) {
    KeyPointFrame out = frame;
    const float unit = face_frame_of(frame).unit;
    for (std::size_t i = 0; i < errors.size(); ++i) set_position(out, static_cast<int>(i), {position(frame, static_cast<int>(i)).x + unit * errors[i].x, position(frame, static_cast<int>(i)).y + unit * errors[i].y});
    return out;
}

/// The frame that live streams would draw of a motion.
KeyPointFrame live_frame(const KeyPointFrame& reference, const MotionValues& motion) {
    KeyPointFrame frame = frame_of(reference, motion);
    rest_arms(reference, frame);
    return frame;
}

/// As a matte from an opaque picture would cut the person out: a softer edge, a pixel in or out, with background in its colour.
void taint_edge(std::vector<float>& rgba, int width, int height, TrainingRng& rng) {
    const std::array<float, 3> wall{uniform(rng, 0, 1), uniform(rng, 0, 1), uniform(rng, 0, 1)};
    const float grow = uniform(rng, -0.3f, 0.3f), taint = uniform(rng, 0, 1);
    const std::vector<float> clean = rgba;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            float soft = 0;
            for (int dy = -1; dy <= 1; ++dy)
                for (int dx = -1; dx <= 1; ++dx)
                    soft += clean[static_cast<std::size_t>(4 * (std::clamp(y + dy, 0, height - 1) * width + std::clamp(x + dx, 0, width - 1)) + 3)] / 9;
            float* p = rgba.data() + 4 * (y * width + x);
            const float was = p[3];
            const float is = std::clamp(soft + grow * 4 * soft * (1 - soft), 0.0f, 1.0f);
            for (std::size_t c = 0; c < 3; ++c) {
                const float own = was > 0.02f ? p[c] / was : wall[c], mixed = p[c] + (1 - was) * wall[c];
                p[c] = is * (own + taint * (mixed - own));
            }
            p[3] = is;
        }
}

}  // namespace

RendererSource::RendererSource(const RendererSampling& sampling)
    : sampling_(sampling), stage_(kernels::cpu_operations(), {sampling.width, sampling.height}) {}

RendererSource::Place RendererSource::face_place(TrainingRng& rng) const {
    const float unit = face_frame_of(target_points_).unit;
    const Point nose = box_of(target_points_, point::kNose, point::kNoseCount, 0).middle();
    return place_about({nose.x + uniform(rng, -0.6f, 0.6f) * unit, nose.y + uniform(rng, -0.4f, 0.7f) * unit});
}

RendererSource::Place RendererSource::other_place(TrainingRng& rng) const {
    Point centre{uniform(rng, 0, static_cast<float>(sampling_.width)), uniform(rng, 0, static_cast<float>(sampling_.height))};
    if (stage_.raised().any() && chance(rng, 0.75f)) {
        const int hand = chance(rng, 0.5f) ? point::kLeftHand : point::kRightHand;
        const Box box = box_of(target_points_, hand + point::kElbow, point::kHandCount, 0);
        if (inside(box, sampling_.width, sampling_.height)) centre = box.middle();
    }
    return place_about(centre);
}

RendererSource::Place RendererSource::place_about(Point centre) const {
    auto first = [](float at, int cells, int grid) {
        const int cell = static_cast<int>(std::lround(at / kCell)) - cells / 2;
        return std::clamp(cell, 0, grid - cells);
    };
    return {first(centre.x, sampling_.crop_w, sampling_.width / kCell), first(centre.y, sampling_.crop_h, sampling_.height / kCell)};
}

bool RendererSource::take_second(TrainingRng& rng) const {
    const bool whole = sampling_.crop_w * kCell == sampling_.width && sampling_.crop_h * kCell == sampling_.height;
    return !whole && chance(rng, stage_.raised().any() ? kOtherCropArms : kOtherCrop);
}

void RendererSource::draw_target(TrainingRng& rng, const Performer& performer, const View& view) {
    const float kind = uniform(rng, 0, 1);
    const PerformerPose pose = kind < kStillShare ? reference_pose_ : kind < kStillShare + kNearShare ? near_pose(rng, reference_pose_) : any_pose(rng);
    target_ = to_premultiplied(performer.draw(pose, view, Backdrop::transparent));
    target_points_ = performer.key_points(pose, view);
}

void RendererSource::fill(RendererBatch& batch, int index, Place place, const ReferenceLayer& reference) {
    const int grid_w = sampling_.width / kCell;
    batch.first_cell[index][0] = place.x;
    batch.first_cell[index][1] = place.y;
    for (int y = 0; y < sampling_.crop_h; ++y) {
        const std::size_t from = static_cast<std::size_t>((place.y + y) * grid_w + place.x);
        const std::size_t to = static_cast<std::size_t>((index * sampling_.crop_h + y) * sampling_.crop_w);
        std::copy_n(stage_.cells().data() + from * kCellChannels, sampling_.crop_w * kCellChannels, batch.cells.data_ptr<float>() + to * kCellChannels);
        std::copy_n(stage_.flow().data() + from * 2, sampling_.crop_w * 2, batch.flow.data_ptr<float>() + to * 2);
    }
    std::copy(stage_.condition().begin(), stage_.condition().end(), batch.condition[index].data_ptr<float>());
    const Crop crop{place.x * kCell, place.y * kCell, sampling_.crop_w * kCell, sampling_.crop_h * kCell};
    take_planar(target_.data(), sampling_.width, crop, batch.truth[index].data_ptr<float>());
    take_planar(stage_.lid_layer(reference).data(), sampling_.width, crop, batch.lids[index].data_ptr<float>());
    take_planar(stage_.limb_layer(reference).data(), sampling_.width, crop, batch.limbs[index].data_ptr<float>());
    take_planar(reference.rgba(stage_.raised()), sampling_.width, {0, 0, sampling_.width, sampling_.height}, batch.reference[index].data_ptr<float>());
    weigh(batch.weight[index].data_ptr<float>(), crop, target_points_, stage_.raised());
}

RendererBatch RendererSource::empty_batch() const {
    const int64_t n = sampling_.batch, cw = sampling_.crop_w, ch = sampling_.crop_h;
    RendererBatch batch;
    batch.cells = torch::empty({n, ch, cw, kCellChannels});
    batch.flow = torch::empty({n, ch, cw, 2});
    batch.condition = torch::empty({n, kFrameConditionSize});
    batch.reference = torch::empty({n, 4, sampling_.height, sampling_.width});
    batch.first_cell = torch::empty({n, 2}, torch::kInt64);
    batch.limbs = torch::empty({n, 4, ch * kCell, cw * kCell});
    batch.lids = torch::empty_like(batch.limbs);
    batch.truth = torch::empty_like(batch.limbs);
    batch.weight = torch::empty({n, 1, ch * kCell, cw * kCell});
    batch.styles.resize(static_cast<std::size_t>(n));
    return batch;
}

std::unique_ptr<TrainingBatch> RendererSource::draw(std::uint64_t data_seed, std::int64_t step) {
    auto batch = std::make_unique<RendererBatch>(empty_batch());
    for (int i = 0; i < sampling_.batch;) {
        TrainingRng rng(item_seed(data_seed, step, i));
        const Performer performer(character_seed(rng, sampling_.characters));
        const View view = any_view(rng, sampling_.width, sampling_.height);
        reference_pose_ = reference_pose(rng);
        const RgbaImage drawn = performer.draw(reference_pose_, view, Backdrop::transparent);
        std::vector<float> picture = to_premultiplied(drawn);
        if (sampling_.flaws && chance(rng, kTaintedShare)) taint_edge(picture, sampling_.width, sampling_.height, rng);
        const std::vector<Point> errors = sampling_.flaws && chance(rng, kMisplacedShare) ? point_errors(rng) : std::vector<Point>{};
        const KeyPointFrame truth = performer.key_points(reference_pose_, view), found = sampling_.find_points ? sampling_.find_points(drawn) : misplaced(truth, errors);
        const ReferenceLayer reference(kernels::cpu_operations(), stage_.size(), std::move(picture), found);
        for (int t = 0; t < sampling_.targets && i < sampling_.batch; ++t, ++i) {
            draw_target(rng, performer, view);
            stage_.prepare(reference, sampling_.find_points ? live_frame(found, motion_of(truth, target_points_)) : misplaced(target_points_, errors));
            batch->styles[static_cast<std::size_t>(i)] = performer.style();
            fill(*batch, i, face_place(rng), reference);
            if (i + 1 < sampling_.batch && take_second(rng)) {
                fill(*batch, ++i, other_place(rng), reference);
                batch->styles[static_cast<std::size_t>(i)] = performer.style();
            }
        }
    }
    batch->cells = batch->cells.permute({0, 3, 1, 2});  // channels-last in memory
    batch->flow = batch->flow.permute({0, 3, 1, 2}).contiguous();
    return batch;
}

void RendererBatch::to(const torch::Device& device) {
    for (torch::Tensor* tensor : {&cells, &condition, &reference, &flow, &lids, &limbs, &truth, &weight}) *tensor = tensor->to(device, /*non_blocking=*/true);
}

}  // namespace mirrorme
