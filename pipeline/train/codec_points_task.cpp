#include "train/codec_points_task.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "codec/motion/picture_reader.h"
#include "ops/memory_format.h"
#include "train/codec_pictures.h"

namespace mirrorme {
namespace {

constexpr std::uint64_t kHeldOutSeed = 20'261'122;
constexpr int kHeldOutBatches = 6;
constexpr double kUnseen = 0.15;  // weight of a point nobody can see: it should still lie where a body would have it
constexpr int kMatteBand = 9;     // pixels
constexpr std::size_t kShownFrames = 16;

/// |found - truth| in units of `unit` [B], as [B, N]: Euclidean, rounded off below a fiftieth so that it has no kink at 0.
torch::Tensor distances(const torch::Tensor& found, const torch::Tensor& truth, const torch::Tensor& unit) {
    const torch::Tensor d = (found - truth) / unit.clamp_min(1).view({-1, 1, 1});
    return (d.square().sum(2) + 4e-4).sqrt() - 0.02;
}

torch::Tensor weighted(const torch::Tensor& value, const torch::Tensor& weight) { return (value * weight).sum() / weight.sum().clamp_min(1e-3); }

torch::Tensor seen_weight(const torch::Tensor& seen) { return kUnseen + (1 - kUnseen) * seen; }

torch::Tensor confidence_loss(const torch::Tensor& logits, const torch::Tensor& seen) { return torch::binary_cross_entropy_with_logits(logits, seen); }

/// Contours that the renderer paints inside count more than the outline of the hair.
torch::Tensor face_point_weight() {
    torch::Tensor weight = torch::ones({kFacePoints});
    weight.slice(0, point::kOuterLips, point::kJaw).fill_(2);
    weight.slice(0, point::kRightEye, point::kRightBrow).fill_(2);
    return weight;
}

torch::Tensor face_unit(const torch::Tensor& like) { return torch::full({like.size(0)}, kFaceCropUnit, like.options()); }

/// 1 within kMatteBand / 2 pixels of the matte's outline.
torch::Tensor outline_band(const torch::Tensor& matte) {
    const torch::Tensor high = torch::max_pool2d(matte, kMatteBand, 1, kMatteBand / 2), low = -torch::max_pool2d(-matte, kMatteBand, 1, kMatteBand / 2);
    return ((high - low) > 0.5).to(torch::kFloat);
}

/// Mattes as users get them from frames [N, 4, H, W] -> [N, 1, H, W] on the same device. The face's points are left out: here nobody has looked for them.
torch::Tensor refined(const torch::Tensor& logits, const BodyOutput& said, const torch::Tensor& frames) {
    const torch::Tensor at = said.points.points.to(torch::kCPU).contiguous(), seen = torch::sigmoid(said.points.confidence).to(torch::kCPU).contiguous();
    const torch::Tensor pixels = frames.permute({0, 2, 3, 1}).to(torch::kCPU).contiguous();
    torch::Tensor mattes = torch::empty(logits.sizes(), pixels.options());
    for (int64_t i = 0; i < pixels.size(0); ++i) {
        const float* first = pixels[i].data_ptr<float>();
        const FloatPicture frame{{static_cast<int>(pixels.size(2)), static_cast<int>(pixels.size(1))}, {first, first + pixels[i].numel()}};
        KeyPointFrame points;
        for (int p = 0; p < kBodyPoints; ++p) {
            points.points[static_cast<std::size_t>(point::kNeck + p)] = {at[i][p][0].item<float>(), at[i][p][1].item<float>(), seen[i][p].item<float>()};
        }
        const std::vector<float> matte = matte_of(logits[i], frame, points).matte;
        std::copy(matte.begin(), matte.end(), mattes[i].data_ptr<float>());
    }
    return mattes.to(logits.device());
}

/// Mean distance of visible points first .. first + count.
struct PointError {
    double sum = 0, weight = 0;
    void add(const torch::Tensor& distance, const torch::Tensor& seen, int first, int count) {
        const torch::Tensor visible = (seen.slice(1, first, first + count) > 0.75).to(torch::kFloat);
        sum += (distance.slice(1, first, first + count) * visible).sum().item<double>();
        weight += visible.sum().item<double>();
    }
    double mean() const { return weight > 0 ? sum / weight : 0; }
};

void mark(torch::Tensor picture, const torch::Tensor& points, const std::array<float, 3>& colour) {  // picture [3, H, W], points [N, 2]
    const torch::Tensor at = points.to(torch::kCPU, torch::kFloat).contiguous();
    auto pixels = picture.accessor<float, 3>();
    for (int64_t i = 0; i < at.size(0); ++i) {
        const int64_t x = std::lround(at[i][0].item<float>()), y = std::lround(at[i][1].item<float>());
        if (x < 0 || y < 0 || x >= picture.size(2) || y >= picture.size(1)) continue;
        for (int64_t c = 0; c < 3; ++c) pixels[c][y][x] = colour[static_cast<std::size_t>(c)];
    }
}

}  // namespace

PointsTask::PointsTask(const PointsSampling& sampling) : sampling_(sampling) { to_channels_last(*net_); }

std::vector<TrainedModule> PointsTask::modules() { return {{"codec.points_net.", net_.ptr(), 1}}; }
std::unique_ptr<BatchSource> PointsTask::make_source() { return std::make_unique<PointsSource>(sampling_); }

PointsTask::Seen PointsTask::look(const PointsBatch& batch) {
    return {net_->locator(batch.whole), net_->face(batch.face), net_->body(batch.frame, batch.guide)};
}

StepResult PointsTask::step(TrainingBatch& drawn, const StepInfo&) {
    const auto& batch = static_cast<const PointsBatch&>(drawn);
    const Seen seen = look(batch);
    const torch::Tensor face_weight = face_point_weight().to(batch.face.device()) * seen_weight(batch.face_seen);
    const torch::Tensor landmark_weight = batch.presence.unsqueeze(1) * seen_weight(batch.landmark_seen);

    const torch::Tensor locator = weighted(distances(seen.whole.landmarks.points, batch.landmarks, batch.landmark_unit), landmark_weight);
    const torch::Tensor presence = confidence_loss(seen.whole.presence, batch.presence);
    const torch::Tensor face = weighted(distances(seen.face.points.points, batch.face_points, face_unit(batch.face)), face_weight);
    const torch::Tensor scalars = (seen.face.scalars - batch.scalars).abs().mean();
    const torch::Tensor body = weighted(distances(seen.body.points.points, batch.body_points, batch.body_unit), seen_weight(batch.body_seen));
    const torch::Tensor visible = confidence_loss(seen.whole.landmarks.confidence, batch.landmark_seen) + confidence_loss(seen.face.points.confidence, batch.face_seen) +
                                  confidence_loss(seen.body.points.confidence, batch.body_seen);
    const torch::Tensor opaque = batch.opaque.view({-1, 1, 1, 1}), edge = 1 + 2 * outline_band(batch.matte);
    const torch::Tensor sharp = torch::binary_cross_entropy_with_logits(seen.body.matte.to(torch::kFloat), batch.matte, {}, {}, torch::Reduction::None);
    const torch::Tensor off = (torch::sigmoid(seen.body.matte.to(torch::kFloat)) - batch.matte).abs();
    const torch::Tensor matte = weighted(off + 0.5 * sharp, (opaque * edge).expand_as(off));

    StepResult result;
    result.loss = locator + 0.2 * presence + 3 * face + 0.5 * scalars + body + 0.1 * visible + matte;
    result.metrics.add("loss", result.loss);
    result.metrics.add("locator", locator);
    result.metrics.add("presence", presence);
    result.metrics.add("face", face);
    result.metrics.add("scalars", scalars);
    result.metrics.add("body", body);
    result.metrics.add("visible", visible);
    result.metrics.add("matte", matte);
    return result;
}

const std::vector<PointsBatch>& PointsTask::held_out() {
    if (held_out_.empty()) {
        PointsSampling sampling = sampling_;
        sampling.characters = CharacterSet::held_out;
        PointsSource source(sampling);
        for (int i = 0; i < kHeldOutBatches; ++i) held_out_.push_back(static_cast<PointsBatch&>(*source.draw(kHeldOutSeed, i)));
    }
    for (PointsBatch& batch : held_out_) batch.to(net_->parameters().front().device());
    return held_out_;
}

Metrics PointsTask::evaluate() {
    PointError locator, mouth, eyes, head, torso, hands;
    double right = 0, judged = 0, said = 0, matte = 0, banded = 0, scalars = 0, batches = 0;
    for (const PointsBatch& batch : held_out()) {
        const Seen seen = look(batch);
        const torch::Tensor there = batch.landmark_seen * batch.presence.unsqueeze(1);
        locator.add(distances(seen.whole.landmarks.points, batch.landmarks, batch.landmark_unit), there, 0, kLandmarkCount);
        const torch::Tensor face = distances(seen.face.points.points, batch.face_points, face_unit(batch.face));
        mouth.add(face, batch.face_seen, point::kOuterLips, point::kJaw);
        eyes.add(face, batch.face_seen, point::kRightEye, point::kNose - point::kRightEye);
        head.add(face, batch.face_seen, point::kNose, point::kNeck - point::kNose);
        const torch::Tensor body = distances(seen.body.points.points, batch.body_points, batch.body_unit);
        torso.add(body, batch.body_seen, 0, point::kTorsoCount);
        hands.add(body, batch.body_seen, point::kTorsoCount, 2 * point::kHandCount);
        right += ((seen.whole.presence > 0).to(torch::kFloat) == batch.presence).sum().item<double>();
        judged += static_cast<double>(batch.presence.size(0));
        const torch::Tensor band = outline_band(batch.matte) * batch.opaque.view({-1, 1, 1, 1});
        const torch::Tensor logits = matte_logits(net_->body, batch.frame, batch.guide);
        said += 255 * ((torch::sigmoid(logits) - batch.matte).abs() * band).sum().item<double>();
        matte += 255 * ((refined(logits, seen.body, batch.frame) - batch.matte).abs() * band).sum().item<double>();
        banded += band.sum().item<double>();
        scalars += (seen.face.scalars - batch.scalars).abs().mean().item<double>();
        ++batches;
    }
    Metrics metrics;
    metrics.add("locator_error", locator.mean());
    metrics.add("presence_right", right / std::max(judged, 1.0));
    metrics.add("mouth_error", mouth.mean());
    metrics.add("eyes_error", eyes.mean());
    metrics.add("head_error", head.mean());
    metrics.add("torso_error", torso.mean());
    metrics.add("hands_error", hands.mean());
    metrics.add("scalar_error", scalars / std::max(batches, 1.0));
    metrics.add("matte_edge_error", matte / std::max(banded, 1.0));
    metrics.add("matte_edge_error_net", said / std::max(banded, 1.0));
    return metrics;
}

std::vector<Preview> PointsTask::preview() {
    std::vector<torch::Tensor> faces, frames;
    for (const PointsBatch& batch : held_out()) {
        const Seen seen = look(batch);
        const torch::Tensor behind = torch::tensor({0.1, 0.6, 0.3}, batch.face.options()).view({1, 3, 1, 1});
        const torch::Tensor crops = over_colour(batch.face, behind).to(torch::kCPU).contiguous();
        const torch::Tensor matte = torch::sigmoid(seen.body.matte);
        const torch::Tensor pictures = over_colour(batch.frame, behind).to(torch::kCPU).contiguous();
        const torch::Tensor cut = (over_colour(batch.frame, behind) * matte + (1 - matte) * behind).to(torch::kCPU).contiguous();
        for (int64_t i = 0; i < pictures.size(0); ++i) {
            if (frames.size() >= 2 * kShownFrames) break;
            mark(crops[i], seen.face.points.points[i], {1, 0, 0});
            faces.push_back(crops[i]);
            const torch::Tensor visible = seen.body.points.confidence[i] > 0;
            mark(pictures[i], seen.body.points.points[i].index({visible}), {1, 0, 0});
            frames.push_back(pictures[i]);
            frames.push_back(cut[i]);
        }
    }
    return {{"faces", {contact_sheet(faces, 8)}, {}}, {"frames", {contact_sheet(frames, 8)}, {}}};
}

}  // namespace mirrorme
