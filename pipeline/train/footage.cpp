#include "train/footage.h"

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "train/codec_poses.h"
#include "train/motion_clips.h"
#include "train/training_task.h"
#include "weights/safetensors.h"

namespace mirrorme {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSuffix = ".footage.safetensors";
constexpr const char* kSchema = "mirrorme.footage";
constexpr const char* kVersion = "1";
constexpr float kGain = 32768.0f;
constexpr int kStartStep = 6;  // frames between possible starts

torch::Tensor checked(const SafetensorsFile& file, const char* name, torch::ScalarType type, std::vector<std::int64_t> shape) {
    const TensorInfo* info = file.find(name);
    bool right = info != nullptr && info->type == type && info->shape.size() == shape.size();
    for (std::size_t i = 0; right && i < shape.size(); ++i) right = shape[i] < 0 || info->shape[i] == shape[i];
    if (!right) throw Error(ErrorCode::mismatch, file.path().string() + ", tensor " + name, "is missing or has another shape or type", "Make the file again with mirrorme train data --footage");
    return file.tensor(name).contiguous();
}

/// The frame of the most closed mouth among those in which a face is seen.
KeyPointFrame quietest(const Footage& footage) {
    std::size_t best = 0;
    float least = std::numeric_limits<float>::max();
    for (std::size_t f = 0; f < footage.frames.size(); ++f)
        if (footage.seen[f] && footage.frames[f][Scalar::opening] < least) least = footage.frames[f][Scalar::opening], best = f;
    return footage.frames[best];
}

}  // namespace

double Footage::seen_share() const {
    return seen.empty() ? 0 : static_cast<double>(std::count(seen.begin(), seen.end(), 1)) / static_cast<double>(seen.size());
}

void write_footage(const fs::path& file, const Footage& footage) {
    const auto count = static_cast<std::int64_t>(footage.frames.size());
    torch::Tensor points = torch::empty({count, point::kCount, 3}), scalars = torch::empty({count, kScalarCount}), seen = torch::empty({count}, torch::kUInt8);
    float *p = points.data_ptr<float>(), *s = scalars.data_ptr<float>();
    for (const KeyPointFrame& frame : footage.frames) {
        for (const KeyPoint& k : frame.points) *p++ = k.x, *p++ = k.y, *p++ = k.confidence;
        s = std::copy(frame.scalars.begin(), frame.scalars.end(), s);
    }
    std::copy(footage.seen.begin(), footage.seen.end(), seen.data_ptr<std::uint8_t>());
    torch::Tensor sound = torch::empty({static_cast<std::int64_t>(footage.sound.size())}, torch::kInt16);
    std::copy(footage.sound.begin(), footage.sound.end(), sound.data_ptr<std::int16_t>());
    write_safetensors(file, {{"points", points}, {"scalars", scalars}, {"seen", seen}, {"sound", sound}}, {{"schema", kSchema}, {"version", kVersion}});
}

Footage read_footage(const fs::path& path) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    const auto said = [&](const char* key) {
        const auto found = file.metadata().find(key);
        return found == file.metadata().end() ? std::string() : found->second;
    };
    if (said("schema") != kSchema || said("version") != kVersion)
        throw Error(ErrorCode::mismatch, path.string(), "is no footage of version 1", "Make it with mirrorme train data --footage");
    const torch::Tensor points = checked(file, "points", torch::kFloat, {-1, point::kCount, 3});
    const std::int64_t count = points.size(0);
    const torch::Tensor scalars = checked(file, "scalars", torch::kFloat, {count, kScalarCount}), seen = checked(file, "seen", torch::kUInt8, {count});
    const torch::Tensor sound = checked(file, "sound", torch::kInt16, {-1});
    if (!all_finite(points) || !all_finite(scalars)) throw Error(ErrorCode::mismatch, path.string(), "holds numbers that are not finite", "Make the file again");

    Footage footage;
    footage.frames.resize(static_cast<std::size_t>(count));
    const float *p = points.data_ptr<float>(), *s = scalars.data_ptr<float>();
    for (KeyPointFrame& frame : footage.frames) {
        for (KeyPoint& k : frame.points) k = {p[0], p[1], p[2]}, p += 3;
        std::copy_n(s, kScalarCount, frame.scalars.begin());
        s += kScalarCount;
    }
    footage.seen.assign(seen.data_ptr<std::uint8_t>(), seen.data_ptr<std::uint8_t>() + count);
    footage.sound.assign(sound.data_ptr<std::int16_t>(), sound.data_ptr<std::int16_t>() + sound.numel());
    return footage;
}

FootageLibrary::FootageLibrary(const fs::path& folder, int temporal, int latents) : temporal_(temporal), latents_(latents) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.path().string().ends_with(kSuffix)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    const int wanted = temporal_ * latents_;
    for (const fs::path& file : files) {
        Footage footage = read_footage(file);
        int run = 0;
        const int count = static_cast<int>(footage.frames.size());
        for (int f = 0; f < count; ++f) {
            run = footage.seen[static_cast<std::size_t>(f)] ? run + 1 : 0;
            const int first = f + 1 - wanted;
            if (run >= wanted && first % kStartStep == 0) starts_.push_back({videos_.size(), first});
        }
        const KeyPointFrame reference = quietest(footage);
        videos_.push_back({std::move(footage), reference});
    }
    if (starts_.empty())
        throw Error(ErrorCode::not_found, folder.string(), "has no footage in which somebody is seen for " + std::to_string(wanted / 24) + " seconds on end",
                    "Make some with mirrorme train data --footage VIDEO --tracks " + folder.string());
}

MotionClip FootageLibrary::clip(const PartMapImpl& map, std::uint64_t seed) const {
    const torch::NoGradGuard no_grad;
    TrainingRng rng(item_seed(seed, 0, 0));
    const Start start = starts_[rng() % starts_.size()];
    const Video& video = videos_[start.video];
    const auto first = video.footage.frames.begin() + start.frame;
    MotionClip clip;
    clip.reference = video.reference;
    encode_groups(map, {first, first + temporal_ * latents_}, clip);
    clip.pose = torch::zeros({latents_, temporal_ * 2 * point::kHandCount * 3});
    clip.gesturing = torch::zeros({latents_}, torch::kBool);
    const SampleIndex from = kPerformanceClock.first_sample(start.frame), length = kPerformanceClock.first_sample(temporal_ * latents_);
    clip.audio.assign(static_cast<std::size_t>(length), 0);
    for (SampleIndex i = 0; i < length && from + i < static_cast<SampleIndex>(video.footage.sound.size()); ++i)
        clip.audio[static_cast<std::size_t>(i)] = static_cast<float>(video.footage.sound[static_cast<std::size_t>(from + i)]) / kGain;
    return clip;
}

}  // namespace mirrorme
