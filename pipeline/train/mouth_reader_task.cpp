#include "train/mouth_reader_task.h"

#include <ATen/CPUGeneratorImpl.h>

#include <array>
#include <cmath>
#include <vector>

#include "codec/motion/resample.h"
#include "train/codec_pictures.h"
#include "train/draughtsman.h"
#include "train/motion_metrics.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kPerFaceUnit = 4;  // errors count in quarters of a face unit
constexpr std::uint64_t kHeldOutSeed = 20'261'124;
constexpr int kHeldOutCharacters = 64;
constexpr int kWidth = 256, kHeight = 384;  // pixels of a frame as it is judged

enum Stream { kCharacterStream, kWindowStream };

/// Drawing costs by the pixel, and a judge needs tens of thousands of mouths: mostly a face in a small frame, at the crop's own scale.
View close_view(TrainingRng& rng) {
    if (chance(rng, 0.1f)) return any_view(rng, kWidth, kHeight);
    View view = any_view(rng, 112, 128);
    view.framing = uniform(rng, 0, 0.25f);
    return view;
}

/// Off by what a face found in a picture is off by.
FaceFrame shaken(FaceFrame face, TrainingRng& rng) {
    constexpr float kOff = 0.06f;
    face.origin_x += face.unit * uniform(rng, -kOff, kOff);
    face.origin_y += face.unit * uniform(rng, -kOff, kOff);
    face.unit *= std::exp(uniform(rng, -kOff, kOff));
    face.roll += uniform(rng, -kOff, kOff);
    return face;
}

/// As a renderer or a codec leaves pictures: softer, noisier.
Tensor worn(const Tensor& crop, TrainingRng& rng) {
    Tensor out = crop;
    if (chance(rng, 0.5f)) {
        const int64_t h = crop.size(2), w = crop.size(3);
        const double scale = uniform(rng, 0.35f, 0.95f);
        namespace F = torch::nn::functional;
        const auto sized = [](int64_t height, int64_t width) { return F::InterpolateFuncOptions().size(std::vector<int64_t>{height, width}).mode(torch::kBilinear).align_corners(false).antialias(true); };
        out = F::interpolate(F::interpolate(out, sized(std::lround(static_cast<double>(h) * scale), std::lround(static_cast<double>(w) * scale))), sized(h, w));
    }
    if (chance(rng, 0.5f)) {
        at::Generator own = at::make_generator<at::CPUGeneratorImpl>(rng());  // the global one belongs to the training thread
        out = out + uniform(rng, 0, 0.04f) * (torch::rand(out.sizes(), own, out.options()) - 0.5);
    }
    const float gain = uniform(rng, 0.85f, 1.15f), lift = uniform(rng, -0.06f, 0.06f);
    return (out * gain + lift).clamp(0, 1);
}

}  // namespace

void MouthReaderBatch::to(const torch::Device& device) {
    for (Tensor* t : {&crops, &mouth}) *t = t->to(device, /*non_blocking=*/true);
}

MouthPoses pose_mouths(std::uint64_t seed, CharacterSet characters, MouthView view, int poses) {
    const torch::NoGradGuard no_grad;
    TrainingRng rng(seed);
    const Performer performer(character_seed(rng, characters));
    const View from = view == MouthView::close ? close_view(rng) : any_view(rng, kWidth, kHeight);
    const PerformerPose reference = reference_pose(rng);
    const Tensor behind = torch::full({1, 3, 1, 1}, uniform(rng, 0, 1));
    MouthPoses out;
    out.mouth = torch::empty({poses, 2});
    for (int i = 0; i < poses; ++i) {
        const PerformerPose pose = chance(rng, 0.7f) ? near_pose(rng, reference) : any_pose(rng);
        const KeyPointFrame points = performer.key_points(pose, from);
        out.faces.push_back(face_frame_of(points));
        const KeyPointFrame own = to_face_units(points, out.faces.back());
        out.mouth[i][0] = lip_opening(own);
        out.mouth[i][1] = lip_width(own);
        out.pictures.push_back(over_colour(planar(to_premultiplied(performer.draw(pose, from, Backdrop::transparent)).data(), {from.width, from.height}), behind));
    }
    return out;
}

std::unique_ptr<TrainingBatch> MouthReaderSource::draw(std::uint64_t data_seed, std::int64_t step) {
    const torch::NoGradGuard no_grad;
    const auto first = static_cast<std::uint64_t>(static_cast<double>(sampling_.characters_per_step) * static_cast<double>(step));
    TrainingRng rng(item_seed(data_seed, step, kWindowStream));
    std::vector<Tensor> crops, mouths;
    for (int i = 0; i < sampling_.batch; ++i) {
        const std::uint64_t number = first + rng() % static_cast<std::uint64_t>(sampling_.pool_characters);
        const auto shown = pool_->get(number, item_seed(data_seed, static_cast<std::int64_t>(number), kCharacterStream));
        const std::size_t pose = rng() % shown->pictures.size();
        crops.push_back(worn(mouth_crop(shown->pictures[pose], shaken(shown->faces[pose], rng)), rng));
        mouths.push_back(shown->mouth[static_cast<int64_t>(pose)]);
    }
    const auto kept = static_cast<std::uint64_t>(4 * sampling_.characters_per_step);  // other threads may be a few steps behind
    pool_->forget_below(first > kept ? first - kept : 0);
    auto batch = std::make_unique<MouthReaderBatch>();
    batch->crops = torch::cat(crops);
    batch->mouth = torch::stack(mouths);
    return batch;
}

MouthReaderTask::MouthReaderTask(const MouthReaderSampling& sampling)
    : sampling_(sampling),
      pool_(std::make_shared<MouthReaderSource::Pool>([poses = sampling.poses](std::uint64_t seed) { return pose_mouths(seed, CharacterSet::training, MouthView::close, poses); })) {}

std::vector<TrainedModule> MouthReaderTask::modules() { return {{kMouthReaderPrefix, reader_.ptr(), 1}}; }
std::unique_ptr<BatchSource> MouthReaderTask::make_source() { return std::make_unique<MouthReaderSource>(sampling_, pool_); }

StepResult MouthReaderTask::step(TrainingBatch& drawn, const StepInfo&) {
    const auto& batch = static_cast<const MouthReaderBatch&>(drawn);
    const Tensor error = (reader_->forward(batch.crops).to(torch::kFloat) - batch.mouth) * kPerFaceUnit;
    StepResult result;
    result.loss = torch::smooth_l1_loss(error, torch::zeros_like(error), at::Reduction::Mean, 0.1);
    result.metrics.add("loss", result.loss);
    const Tensor off = error.detach().abs().mean(0) / kPerFaceUnit;
    result.metrics.add("opening_error", off[0]);
    result.metrics.add("width_error", off[1]);
    return result;
}

Metrics MouthReaderTask::evaluate() {
    if (held_out_.empty())
        for (int i = 0; i < kHeldOutCharacters; ++i) held_out_.push_back(pose_mouths(item_seed(kHeldOutSeed, i, kCharacterStream), CharacterSet::held_out, MouthView::any, sampling_.poses));
    const torch::Device device = reader_->parameters().front().device();
    std::array<double, 2> follows{}, off{};
    for (const MouthPoses& shown : held_out_) {
        std::vector<Tensor> crops;
        for (std::size_t i = 0; i < shown.pictures.size(); ++i) crops.push_back(mouth_crop(shown.pictures[i], shown.faces[i]));
        const Tensor read = reader_->forward(torch::cat(crops).to(device)).to(torch::kCPU, torch::kFloat);
        for (int64_t k = 0; k < 2; ++k) {
            const auto line = [&](const Tensor& of) {
                const Tensor values = of.select(1, k).contiguous();
                return std::vector<float>(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
            };
            follows[static_cast<std::size_t>(k)] += correlation(line(shown.mouth), line(read)) / kHeldOutCharacters;
            off[static_cast<std::size_t>(k)] += (read - shown.mouth).select(1, k).abs().mean().item<double>() / kHeldOutCharacters;
        }
    }
    Metrics metrics;
    metrics.add("opening", follows[0]);
    metrics.add("width", follows[1]);
    metrics.add("opening_error", off[0]);
    metrics.add("width_error", off[1]);
    return metrics;
}

}  // namespace mirrorme
