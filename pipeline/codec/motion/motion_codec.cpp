#include "codec/motion/motion_codec.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <utility>

#include "codec/motion/motion_values.h"
#include "codec/motion/picture_reader.h"
#include "codec/motion/plate.h"
#include "codec/motion/resample.h"
#include "core/error.h"
#include "ops/memory_format.h"
#include "ops/processor.h"

namespace mirrorme {
namespace {

using kernels::kCell;
using kernels::kCellChannels;
using kernels::Size;
using torch::Tensor;

constexpr float kLargestChannel = 30;  // what lies beyond is no motion but a fault, and its points would leave every frame

struct MotionIdentity final : CodecIdentity {
    MotionIdentity(Size size, std::vector<float> person, std::vector<float> behind, const KeyPointFrame& at)
        : layer(kernels::cpu_operations(), size, std::move(person), at), plate(std::move(behind)) {
        points = at;
    }
    /// What moves, and what is behind it (null: nothing).
    struct Shown {
        const ReferenceLayer& layer;
        const float* plate;
    };
    Shown shown(Background background) const {
        if (background == Background::keep && whole) return {*whole, whole_plate.data()};
        return {layer, background == Background::keep && !plate.empty() ? plate.data() : nullptr};
    }

    ReferenceLayer layer;
    std::vector<float> plate;  // [H, W, 3]; empty: the picture came with its own alpha
    // See Note [When the matte is not sure]; null and empty when it is.
    std::unique_ptr<const ReferenceLayer> whole;
    std::vector<float> whole_plate;
};

// Note [When the matte is not sure]
// Cutting a person out with holes and cutting pieces of the wall out with them looks worse than anything else that can go wrong. So
// when the key-point net is undecided about much of an opaque picture or the picture's colours contradict it, the picture moves as a whole where its background is
// kept, as one sheet over itself: the wall near the head sways with it a little, nothing is torn, and the arms stay as they are.
constexpr float kMostUnsure = 0.3f;  // a clean outline is a twentieth, drawings before busy walls reach a quarter, photographs a half

/// One stream: its motion, and as scratch a stage for each frame of a latent.
struct MotionCache final : DecodeCache {
    MotionCache(Size size, int temporal) {
        for (int i = 0; i < temporal; ++i) stages.emplace_back(kernels::cpu_operations(), size);
    }
    std::vector<FrameStage> stages;
    Renderer half{nullptr};  // the renderer in bfloat16 where the processor multiplies it natively; else absent
    MotionStream motion;
};

Renderer in_bfloat16(const Renderer& renderer) {
    Renderer half(renderer->config());
    const torch::NoGradGuard no_grad;
    const std::vector<Tensor> from = renderer->parameters(), to = half->parameters();
    for (std::size_t i = 0; i < from.size(); ++i) to[i].copy_(from[i]);
    half->to(torch::kBFloat16);
    to_channels_last(*half);
    return half;
}

bool is_opaque(const RgbaImage& image) {
    std::size_t clear = 0;
    for (std::size_t i = 3; i < image.pixels.size(); i += 4) clear += image.pixels[i] < 250;
    return clear * 200 < image.pixels.size() / 4;
}

int checked(const nlohmann::json& json, const std::string& subject, const char* field, int fallback, int most) {
    const nlohmann::json value = json.value(field, nlohmann::json(fallback));
    if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > most)
        throw Error(ErrorCode::mismatch, subject + ", field " + field, value.dump() + " is out of range", "Give a whole number from 1 to " + std::to_string(most) + ".");
    return value.get<int>();
}

struct ScalarRange { float least, most; };
constexpr std::array<ScalarRange, kScalarCount> kRanges{{{0, 1}, {-1, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1}, {0, 1.3f}, {0, 1.3f}, {-1, 1}, {-1, 1}, {-40, 40}, {-40, 40}, {-40, 40}}};

/// Puts right what sampling leaves undone: scalars into their ranges, lips that are all but closed quite closed, and never through
/// each other.
void settle(KeyPointFrame& frame) noexcept {
    for (std::size_t i = 0; i < kRanges.size(); ++i) frame.scalars[i] = std::clamp(frame.scalars[i], kRanges[i].least, kRanges[i].most);
    constexpr float kShut = 0.05f, kFree = 0.10f;  // of Scalar::opening
    const float open = std::clamp((frame[Scalar::opening] - kShut) / (kFree - kShut), 0.0f, 1.0f);
    const Point right = position(frame, point::kInnerLips), left = position(frame, point::kInnerLips + 4);
    const Point down{right.y - left.y, left.x - right.x};
    for (int k = 1; k <= 3; ++k) {  // 1..3 above, 7..5 below
        const int above = point::kInnerLips + k, below = point::kInnerLips + 8 - k;
        const Point a = position(frame, above), b = position(frame, below), middle{(a.x + b.x) / 2, (a.y + b.y) / 2};
        const float keep = (b.x - a.x) * down.x + (b.y - a.y) * down.y <= 0 ? 0.0f : open;
        set_position(frame, above, {middle.x + (a.x - middle.x) * keep, middle.y + (a.y - middle.y) * keep});
        set_position(frame, below, {middle.x + (b.x - middle.x) * keep, middle.y + (b.y - middle.y) * keep});
    }
}

Tensor chunk_tensor(const Size& size, int frames) {
    return torch::empty({frames, size.height, size.width, 4}, torch::kByte);
}

/// What the net says about the prepared frames goes into their stages.
void repaint(Renderer net, const ReferenceLayer& layer, std::span<FrameStage> stages) {
    CellRegion region = stages[0].region();
    for (const FrameStage& stage : stages) region = united(region, stage.region(), stage.size());
    const int64_t n = static_cast<int64_t>(stages.size()), area = int64_t{region.height} * region.width;
    const Tensor cells = torch::empty({n, region.height, region.width, kCellChannels}), condition = torch::empty({n, kFrameConditionSize});
    for (int64_t i = 0; i < n; ++i) {
        const FrameStage& stage = stages[static_cast<std::size_t>(i)];
        stage.copy_cells(region, cells.data_ptr<float>() + i * area * kCellChannels);
        std::copy(stage.condition().begin(), stage.condition().end(), condition.data_ptr<float>() + i * kFrameConditionSize);
    }
    const auto type = net->parameters().front().scalar_type();
    const RendererOutput said = net->forward(cells.permute({0, 3, 1, 2}).to(type), condition.to(type));
    const Tensor residual = said.residual.permute({0, 2, 3, 1}).to(torch::kFloat).contiguous();
    const Tensor delta = said.delta.permute({0, 2, 3, 1}).to(torch::kFloat).contiguous();
    for (int64_t i = 0; i < n; ++i)
        stages[static_cast<std::size_t>(i)].correct(layer, region, residual.data_ptr<float>() + i * area * 64, delta.data_ptr<float>() + i * area * 2);
}

/// The corrected frames as pixels [n, H, W, 4].
Tensor finish(std::span<const FrameStage> stages, const float* plate) {
    const Size size = stages[0].size();
    const Tensor pixels = chunk_tensor(size, static_cast<int>(stages.size()));
    std::uint8_t* to = pixels.data_ptr<std::uint8_t>();
    for (const FrameStage& stage : stages) {
        kernels::cpu_operations().finish_frame({stage.base().data(), stage.residual().data(), plate}, size, to);
        to += static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4;
    }
    return pixels;
}


}  // namespace

nlohmann::json to_json(const MotionCodecConfig& config) {
    return {{"kind", "motion"}, {"width", config.width}, {"height", config.height}, {"temporal", config.temporal}, {"renderer", config.renderer}};
}

MotionCodecConfig motion_codec_config_from_json(const nlohmann::json& json, const std::string& subject) {
    MotionCodecConfig config;
    config.width = checked(json, subject, "width", config.width, kernels::kMaxSide);
    config.height = checked(json, subject, "height", config.height, kernels::kMaxSide);
    if (config.width % 16 != 0 || config.height % 16 != 0)
        throw Error(ErrorCode::mismatch, subject + ", field width or height", "is not a multiple of 16", "Give multiples of 16.");
    config.temporal = checked(json, subject, "temporal", config.temporal, 16);
    if (const auto renderer = json.find("renderer"); renderer != json.end()) {
        try {
            config.renderer = renderer->get<RendererConfig>();
        } catch (const nlohmann::json::exception&) {
            throw Error(ErrorCode::mismatch, subject + ", field renderer", "is not a renderer's configuration", "Export the bundle again.");
        }
    }
    return config;
}

MotionCodec::MotionCodec(const MotionCodecConfig& config) : config_(config) {
    part_map = register_module("part_map", PartMap(config.temporal));
    renderer = register_module("renderer", Renderer(config.renderer));
    points_net = register_module("points_net", PointsNet());
    to_channels_last(*renderer);
    spec_ = {.channels = kLatentChannels, .grid_h = 1, .grid_w = kPartCount, .temporal = config.temporal,
             .width = config.width, .height = config.height, .spatial_stride = 1};
}

std::shared_ptr<const CodecIdentity> MotionCodec::make_identity(const ReferencePicture& picture) {
    torch::InferenceMode guard;
    const Size size{spec_.width, spec_.height};
    if (picture.image.width != size.width || picture.image.height != size.height)
        throw Error(ErrorCode::internal, "reference picture", "was not scaled to the frame size");
    std::vector<float> person = to_premultiplied(picture.image), plate, whole;
    if (is_opaque(picture.image)) {
        const MatteReading seen = read_matte(points_net, {size, person}, picture.points);
        plate = fill_plate(person.data(), seen.matte.data(), size);
        if (seen.unsure > kMostUnsure) whole = person;
        person = cut_out_person(person.data(), seen.matte.data(), size);
    }
    auto identity = std::make_shared<MotionIdentity>(size, std::move(person), std::move(plate), picture.points);
    if (!whole.empty()) {
        identity->whole_plate = fill_plate(whole.data(), std::vector<float>(whole.size() / 4, 0.0f).data(), size);
        identity->whole = std::make_unique<const ReferenceLayer>(kernels::cpu_operations(), size, std::move(whole), picture.points);
    }
    identity->latent = part_map->encode_identity(picture.points);
    const auto [right, left] = identity->layer.movable();
    if (identity->whole)
        identity->remarks.push_back("no_cutout");
    else if (!right || !left)
        identity->remarks.push_back(!right && !left ? "both_arms_busy" : right ? "left_arm_busy" : "right_arm_busy");
    return identity;
}

std::unique_ptr<DecodeCache> MotionCodec::make_decode_cache() {
    auto cache = std::make_unique<MotionCache>(Size{spec_.width, spec_.height}, spec_.temporal);
    static const bool fast = has_fast_bfloat16();
    if (fast) cache->half = in_bfloat16(renderer);
    return cache;
}

std::vector<KeyPointFrame> MotionCodec::motion(const Tensor& latents, const CodecIdentity& identity, MotionStream& stream, float liveliness) const {
    torch::InferenceMode guard;
    std::vector<MotionValues> values = part_map->decode(torch::nan_to_num(latents).clamp(-kLargestChannel, kLargestChannel));
    const auto r = static_cast<std::size_t>(spec_.temporal);
    for (std::size_t f = 0; f + r <= values.size(); f += r) stream.seams.apply(std::span(values).subspan(f, r));
    std::vector<KeyPointFrame> frames;
    // A stream's first latent stands for one frame, told r times; the last is nearest to what follows.
    const bool first = !std::exchange(stream.started, true);
    if (first) stream.blinker = Blinker(blink_seed_of(identity.points));
    for (std::size_t f = first ? r - 1 : 0; f < values.size(); ++f) {
        enliven(values[f], identity.points, liveliness);
        frames.push_back(frame_of(identity.points, values[f]));
        settle(frames.back());
        stream.blinker.apply(frames.back());
        rest_arms(identity.points, frames.back());
    }
    return frames;
}

Tensor MotionCodec::decode(const Tensor& latents, const CodecIdentity& identity, DecodeCache& cache_base, const DecodeOptions& options) {
    torch::InferenceMode guard;
    const auto& who = static_cast<const MotionIdentity&>(identity);
    auto& cache = static_cast<MotionCache&>(cache_base);
    const auto [layer, plate] = who.shown(options.background);
    std::vector<Tensor> chunks;
    // Latent by latent: the shapes the net sees, and so its rounding, do not depend on how latents are cut into calls.
    for (int64_t l = 0; l < latents.size(2); ++l) {
        std::vector<KeyPointFrame> frames = motion(latents.slice(2, l, l + 1), identity, cache.motion, options.liveliness);
        if (who.whole)  // where the person could not be cut out, arms cannot be told from the wall, nor drawn in their colours
            for (KeyPointFrame& frame : frames)
                for (const int first : {point::kLeftHand, point::kRightHand}) blend_arm(who.points, first, 0, frame);
        const std::span<FrameStage> stages(cache.stages.data(), frames.size());
        for (std::size_t i = 0; i < frames.size(); ++i) stages[i].prepare(layer, frames[i]);
        repaint(cache.half ? cache.half : renderer, layer, stages);
        chunks.push_back(finish(stages, plate));
    }
    return chunks.size() == 1 ? chunks.front() : torch::cat(chunks);
}

Tensor MotionCodec::still(const CodecIdentity& identity, const DecodeOptions& options) {
    torch::InferenceMode guard;
    const auto& who = static_cast<const MotionIdentity&>(identity);
    const Size size{spec_.width, spec_.height};
    const auto [layer, plate] = who.shown(options.background);
    const std::vector<float> nothing(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4, 0.0f);
    const Tensor pixels = chunk_tensor(size, 1);
    kernels::cpu_operations().finish_frame({layer.rgba(), nothing.data(), plate}, size, pixels.data_ptr<std::uint8_t>());
    return pixels[0];
}

}  // namespace mirrorme
