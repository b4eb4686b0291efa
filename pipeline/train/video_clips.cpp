#include "train/video_clips.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "train/motion_data.h"
#include "train/performance/performance.h"
#include "train/performers/performer.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr float kCleanShare = 1.0f / 3;
constexpr float kRaised = 0.02f;       // ArmPose::raised above which a hand counts as asked for
constexpr float kFaceMargin = 0.15f;   // of the face's box, on every side
constexpr int kPosePoints = 2 * point::kHandCount;
constexpr std::int64_t kStepStream = -2, kClipStream = -3;
enum Stream { characters_stream, performance_stream };

void put_picture(const RgbaImage& picture, Tensor out) {  // out [3, H, W] bytes
    auto to = out.accessor<std::uint8_t, 3>();
    for (int y = 0; y < picture.height; ++y)
        for (int x = 0; x < picture.width; ++x)
            for (int c = 0; c < 3; ++c) to[c][y][x] = picture.at(x, y)[c];
}

/// Hands that are raised, in picture widths; arms at rest are "not asked for".
void write_pose(const KeyPointFrame& frame, const PerformerPose& pose, int width, float* out) {
    for (const auto& [first, arm] : {std::pair{point::kLeftHand, &pose.left_arm}, std::pair{point::kRightHand, &pose.right_arm}})
        for (int joint = 0; joint < point::kHandCount; ++joint, out += 3) {
            if (arm->raised < kRaised) continue;
            const KeyPoint& p = frame.points[static_cast<std::size_t>(first + joint)];
            out[0] = p.x / static_cast<float>(width), out[1] = p.y / static_cast<float>(width), out[2] = 1;
        }
}

/// Cells that the box of mouth, eyes and head touches become 1.
void mark_face(const KeyPointFrame& frame, const VideoShape& shape, Tensor cells) {  // [S]
    float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;
    for (int i = 0; i < point::kCrown; ++i) {
        const KeyPoint& p = frame.points[static_cast<std::size_t>(i)];
        left = std::min(left, p.x), right = std::max(right, p.x), top = std::min(top, p.y), bottom = std::max(bottom, p.y);
    }
    const float dx = kFaceMargin * (right - left), dy = kFaceMargin * (bottom - top);
    const auto cell = [&](float pixel, int count) { return std::clamp(static_cast<int>(std::floor(pixel / static_cast<float>(shape.cell))), -1, count); };
    const int columns = shape.width / shape.cell, rows = shape.height / shape.cell;
    auto at = cells.accessor<float, 1>();
    for (int y = std::max(0, cell(top - dy, rows)); y <= std::min(rows - 1, cell(bottom + dy, rows)); ++y)
        for (int x = std::max(0, cell(left - dx, columns)); x <= std::min(columns - 1, cell(right + dx, columns)); ++x) at[y * columns + x] = 1;
}

/// Grows over points; pixels that it touches.
struct PixelBox {
    float left = 1e9f, top = 1e9f, right = -1e9f, bottom = -1e9f;

    void add(const KeyPointFrame& frame, int first, int count) {
        for (int i = first; i < first + count; ++i) {
            const KeyPoint& p = frame.points[static_cast<std::size_t>(i)];
            left = std::min(left, p.x), right = std::max(right, p.x), top = std::min(top, p.y), bottom = std::max(bottom, p.y);
        }
    }
    void fill(Tensor cells) const {  // [H, W] bool, a pixel wider on every side
        const auto pixel = [](float at, int64_t count) { return std::clamp<int64_t>(static_cast<int64_t>(std::floor(at)), 0, count); };
        const int64_t x0 = pixel(left - 1, cells.size(1)), x1 = pixel(right + 2, cells.size(1)), y0 = pixel(top - 1, cells.size(0)), y1 = pixel(bottom + 2, cells.size(0));
        if (x1 > x0 && y1 > y0) cells.slice(0, y0, y1).slice(1, x0, x1).fill_(true);
    }
};

PixelBox hand_box(const KeyPointFrame& frame, int first) {
    PixelBox box;
    box.add(frame, first + point::kWrist, point::kHandCount - point::kWrist);
    return box;
}

/// Which of a frame's S square cells have marked pixels [H, W]: [S] of 0 and 1.
Tensor cells_of(const Tensor& pixels, int64_t cells) {
    const auto side = static_cast<int64_t>(std::lround(std::sqrt(static_cast<double>(pixels.numel() / cells))));
    return torch::max_pool2d(pixels.to(torch::kFloat).view({1, 1, pixels.size(0), pixels.size(1)}), side).flatten();
}

/// Between the middles of the inner lips.
float lip_distance(const KeyPointFrame& frame) {
    const KeyPoint &upper = frame.points[point::kInnerLips + 2], &lower = frame.points[point::kInnerLips + 6];
    return std::hypot(upper.x - lower.x, upper.y - lower.y);
}

}  // namespace

VideoClip window_of(const VideoClip& clip, int first, int latents) {
    const int64_t r = (clip.video.size(1) - 1) / (clip.face.size(0) - 1);
    VideoClip window;
    window.video = clip.video.narrow(1, r * first, 1 + r * latents);
    window.reference = clip.reference;
    window.pose = clip.pose.narrow(0, first, latents + 1).clone();
    const int64_t frame = window.pose.size(1) / r;
    window.pose[0].copy_(window.pose[0].narrow(0, (r - 1) * frame, frame).repeat({r}));  // the first picture stands alone
    window.gesturing = clip.gesturing.narrow(0, first, latents + 1);
    window.face = clip.face.narrow(0, first, latents + 1);
    window.mouth = clip.mouth;
    window.audio = clip.audio;
    window.origin = clip.origin + static_cast<int>(r) * first;
    return window;
}

VideoPool::Maker video_clip_maker(const VideoShape& shape, const VideoSampling& sampling, PerformanceMaker performances) {
    return [shape, sampling, performances = std::move(performances)](std::uint64_t seed) { return make_video_clip(shape, sampling, performances, seed); };
}

std::shared_ptr<const VideoClip> kept_clip(VideoPool& pool, std::uint64_t data_seed, std::uint64_t number) {
    return pool.get(number, item_seed(data_seed, static_cast<std::int64_t>(number), kClipStream));
}

Tensor rows_of_frames(const Tensor& rows, int temporal) {
    const Tensor places = rows.view({rows.size(0), temporal, -1});
    return torch::cat({places[0].slice(0, temporal - 1), places.slice(0, 1).flatten(0, 1)});
}

Tensor rows_of_latents(const Tensor& frames, int temporal) {
    return torch::cat({frames.slice(0, 0, 1).expand({temporal, -1}), frames.slice(0, 1)}).reshape({(frames.size(0) - 1) / temporal + 1, -1});
}

VideoClip make_video_clip(const VideoShape& shape, const VideoSampling& sampling, const PerformanceMaker& performances, std::uint64_t seed) {
    TrainingRng rng(item_seed(seed, 0, characters_stream));
    const int r = shape.temporal, length = std::max(sampling.latents, sampling.clip_latents), latents = length + 1;
    PerformanceOptions wanted;
    wanted.frames = 1 + r * length;
    wanted.speech_share = sampling.speech_share;
    wanted.gesture_share = sampling.gesture_share;
    wanted.held_out = sampling.characters == CharacterSet::held_out;
    wanted.augmentation = chance(rng, kCleanShare) ? 0 : uniform(rng, 0.2f, 1) * sampling.augmentation;
    Performance performance = performances(item_seed(seed, 0, performance_stream), wanted);

    const Performer performer(character_seed(rng, sampling.characters));
    View view = any_view(rng, shape.width, shape.height);
    view.framing = uniform(rng, sampling.framing_first, sampling.framing_last);
    VideoClip clip;
    clip.video = torch::empty({3, wanted.frames, shape.height, shape.width}, torch::kByte);
    clip.reference = torch::empty({3, 1, shape.height, shape.width}, torch::kByte);
    clip.pose = torch::zeros({latents, r * kPosePoints * 3});
    clip.gesturing = torch::zeros({latents}, torch::kBool);
    clip.face = torch::zeros({latents, shape.cells()});
    clip.lips = torch::zeros({wanted.frames});
    clip.hands = torch::zeros({wanted.frames, shape.height, shape.width}, torch::kBool);
    PixelBox mouth;
    put_picture(performer.draw(reference_pose(rng), view, Backdrop::own), clip.reference.select(1, 0));
    for (int f = 0; f < wanted.frames; ++f) {
        const PerformerPose& pose = performance.poses[static_cast<std::size_t>(f)];
        const KeyPointFrame points = performer.key_points(pose, view);
        put_picture(performer.draw(pose, view, Backdrop::own), clip.video.select(1, f));
        const int latent = (f + r - 1) / r;  // frame 0 stands r times for latent 0
        for (int place = f == 0 ? 0 : (f - 1) % r; place < (f == 0 ? r : (f - 1) % r + 1); ++place)
            write_pose(points, pose, shape.width, clip.pose[latent].data_ptr<float>() + place * kPosePoints * 3);
        mark_face(points, shape, clip.face[latent]);
        clip.lips[f] = lip_distance(points);
        mouth.add(points, point::kOuterLips, point::kOuterLipsCount);
        for (const auto& [first, arm] : {std::pair{point::kLeftHand, &pose.left_arm}, std::pair{point::kRightHand, &pose.right_arm}})
            if (arm->raised >= kRaised) hand_box(points, first).fill(clip.hands[f]);
        if (std::max(pose.left_arm.raised, pose.right_arm.raised) >= kRaised) clip.gesturing[latent] = true;
    }
    clip.audio = std::move(performance.audio_16k);
    clip.mouth = torch::zeros({shape.height, shape.width}, torch::kBool);
    mouth.fill(clip.mouth);
    return clip;
}

void VideoBatch::to(const torch::Device& device) {
    for (Tensor* t : {&video, &reference, &audio, &pose, &pose_given, &face, &mouth, &gated}) *t = t->to(device);
}

VideoBatch VideoSource::batch_of(const std::vector<std::shared_ptr<const VideoClip>>& clips, FirstLatent start, const SampleSpan& span, bool posed) {
    const int64_t first = start == FirstLatent::still ? 0 : 1;
    std::vector<Tensor> videos, references, audio, poses, given, faces, mouths;
    for (const auto& clip : clips) {
        const int64_t count = clip->face.size(0) - 1;
        videos.push_back(clip->video);
        references.push_back(clip->reference);
        audio.push_back(window_audio(clip->audio, clip->origin + static_cast<int>(first), span));  // a moving window's time 0 is frame 1
        const Tensor gesturing = clip->gesturing.slice(0, first, first + count);
        given.push_back(posed ? gesturing : torch::zeros_like(gesturing));
        poses.push_back(clip->pose.slice(0, first, first + count) * given.back().unsqueeze(1));
        faces.push_back(clip->face.slice(0, first, first + count));
        mouths.push_back(cells_of(clip->mouth, clip->face.size(1)));
    }
    VideoBatch batch;
    batch.start = start;
    batch.video = torch::stack(videos);
    batch.reference = torch::stack(references);
    batch.audio = torch::stack(audio);
    batch.pose = torch::stack(poses);
    batch.pose_given = torch::stack(given);
    batch.face = torch::stack(faces);
    batch.mouth = torch::stack(mouths);
    batch.gated = torch::zeros({static_cast<int64_t>(clips.size())}, torch::kBool);
    return batch;
}

std::unique_ptr<TrainingBatch> VideoSource::draw(std::uint64_t data_seed, std::int64_t step) {
    const auto first_clip = [&](std::int64_t at) { return static_cast<std::uint64_t>(static_cast<double>(sampling_.clips_per_step) * static_cast<double>(at)); };
    TrainingRng of_step(item_seed(data_seed, step, kStepStream));
    const FirstLatent start = chance(of_step, sampling_.still_share) ? FirstLatent::still : FirstLatent::moving;
    const bool posed = chance(of_step, sampling_.pose_share);
    pool_->forget_below(first_clip(std::max<std::int64_t>(0, step - 256)));  // other threads may be behind
    std::vector<std::shared_ptr<const VideoClip>> clips;
    std::vector<std::uint8_t> gated;
    for (int i = 0; i < sampling_.batch; ++i) {
        TrainingRng rng(item_seed(data_seed, step, i));
        const std::uint64_t number = first_clip(step) + rng() % static_cast<std::uint64_t>(sampling_.pool_clips);
        clips.push_back(kept_clip(*pool_, data_seed, number));
        if (const int spare = sampling_.clip_latents - sampling_.latents; spare > 0)
            clips.back() = std::make_shared<const VideoClip>(window_of(*clips.back(), static_cast<int>(rng() % static_cast<std::uint64_t>(spare + 1)), sampling_.latents));
        gated.push_back(chance(rng, sampling_.gate_share) ? 1 : 0);
    }
    auto batch = std::make_unique<VideoBatch>(batch_of(clips, start, spans_[start == FirstLatent::still ? 0 : 1], posed));
    batch->gated = torch::tensor(gated).to(torch::kBool);
    return batch;
}

}  // namespace mirrorme
