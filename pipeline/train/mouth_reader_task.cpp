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
constexpr int kHeldOutBatches = 8;
constexpr int kWidth = 256, kHeight = 384;  // pixels of a frame as it is judged

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

std::unique_ptr<TrainingBatch> MouthReaderSource::draw(std::uint64_t data_seed, std::int64_t step) {
    const torch::NoGradGuard no_grad;
    auto batch = std::make_unique<MouthReaderBatch>();
    batch->crops = torch::empty({sampling_.batch, 3, kMouthCropSize.height, kMouthCropSize.width});
    batch->mouth = torch::empty({sampling_.batch, 2});
    for (int first = 0; first < sampling_.batch; first += sampling_.poses) {
        TrainingRng rng(item_seed(data_seed, step, first));
        const Performer performer(character_seed(rng, sampling_.characters));
        const View view = sampling_.close ? close_view(rng) : any_view(rng, kWidth, kHeight);
        const kernels::Size size{view.width, view.height};
        const PerformerPose reference = reference_pose(rng);
        const Tensor behind = torch::full({1, 3, 1, 1}, uniform(rng, 0, 1));
        for (int i = first; i < std::min(first + sampling_.poses, sampling_.batch); ++i) {
            const PerformerPose pose = chance(rng, 0.7f) ? near_pose(rng, reference) : any_pose(rng);
            const KeyPointFrame points = performer.key_points(pose, view);
            const FaceFrame face = face_frame_of(points);
            const KeyPointFrame own = to_face_units(points, face);
            const Tensor picture = over_colour(planar(to_premultiplied(performer.draw(pose, view, Backdrop::transparent)).data(), size), behind);
            const Tensor crop = mouth_crop(picture, sampling_.treated ? shaken(face, rng) : face);
            batch->crops[i] = (sampling_.treated ? worn(crop, rng) : crop)[0];
            batch->mouth[i][0] = lip_opening(own);
            batch->mouth[i][1] = lip_width(own);
        }
    }
    return batch;
}

MouthReaderTask::MouthReaderTask(const MouthReaderSampling& sampling) : sampling_(sampling) {}

std::vector<TrainedModule> MouthReaderTask::modules() { return {{kMouthReaderPrefix, reader_.ptr(), 1}}; }
std::unique_ptr<BatchSource> MouthReaderTask::make_source() { return std::make_unique<MouthReaderSource>(sampling_); }

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
    if (held_out_.empty()) {
        MouthReaderSampling sampling = sampling_;
        sampling.characters = CharacterSet::held_out;
        sampling.treated = false;
        sampling.close = false;
        MouthReaderSource source(sampling);
        for (int i = 0; i < kHeldOutBatches; ++i) held_out_.push_back(static_cast<MouthReaderBatch&>(*source.draw(kHeldOutSeed, i)));
    }
    std::array<double, 2> follows{}, off{};
    int characters = 0;
    for (MouthReaderBatch& batch : held_out_) {
        batch.to(reader_->parameters().front().device());
        const Tensor read = reader_->forward(batch.crops).to(torch::kCPU, torch::kFloat).contiguous(), truth = batch.mouth.to(torch::kCPU);
        for (int64_t first = 0; first + sampling_.poses <= read.size(0); first += sampling_.poses, ++characters)
            for (std::size_t k = 0; k < follows.size(); ++k) {
                const auto line = [&](const Tensor& of) {
                    const Tensor values = of.narrow(0, first, sampling_.poses).select(1, static_cast<int64_t>(k)).contiguous();
                    return std::vector<float>(values.data_ptr<float>(), values.data_ptr<float>() + values.numel());
                };
                follows[k] += correlation(line(truth), line(read));
                off[k] += (read - truth).narrow(0, first, sampling_.poses).select(1, static_cast<int64_t>(k)).abs().mean().item<double>();
            }
    }
    Metrics metrics;
    metrics.add("opening", follows[0] / characters);
    metrics.add("width", follows[1] / characters);
    metrics.add("opening_error", off[0] / characters);
    metrics.add("width_error", off[1] / characters);
    return metrics;
}

}  // namespace mirrorme
