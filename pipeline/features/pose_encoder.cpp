#include "features/pose_encoder.h"

#include <array>
#include <vector>

#include "core/error.h"
#include "core/keypoints.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr int64_t kMapStride = 4;  // pixels of the picture per cell of a skeleton map

/// Points -> MLP -> the tokens of both hands, which share it and are told apart by an embedding.
class PosePoints : public PoseEncoder {
public:
    explicit PosePoints(const DitConfig& config) : tokens_(config.pose.tokens.begin(), config.pose.tokens.end()) {
        const int64_t hidden = config.pose.hidden;
        linear_1 = register_module("linear_1", torch::nn::Linear(pose_dim(config), hidden));
        linear_2 = register_module("linear_2", torch::nn::Linear(hidden, config.width()));
        null_ = register_parameter("null", torch::zeros({hidden}));
        part_ = register_parameter("part", torch::randn({static_cast<int64_t>(tokens_.size()), hidden}) * 0.5);
        torch::nn::init::zeros_(linear_2->weight);
        torch::nn::init::zeros_(linear_2->bias);
    }

    Tensor forward(const Tensor& pose, const Tensor& given, int64_t frames, const LatentGrid& grid) override {
        Tensor hidden = null_.expand({1, frames, -1});
        if (pose.defined()) {
            hidden = linear_1->forward(pose.to(linear_1->weight.scalar_type()));
            if (given.defined()) hidden = torch::where(given.unsqueeze(-1), hidden, null_);
        }
        const Tensor out = linear_2->forward(torch::silu(hidden.unsqueeze(2) + part_));  // [B, T', hands, D]
        const Tensor index = torch::tensor(tokens_, torch::kLong).to(out.device());
        const Tensor rest = torch::zeros({out.size(0), frames, grid.tokens(), out.size(3)}, out.options());
        return rest.index_copy(2, index, out).flatten(1, 2);
    }

private:
    std::vector<int64_t> tokens_;
    torch::nn::Linear linear_1{nullptr}, linear_2{nullptr};
    Tensor null_, part_;
};

/// Points drawn as skeleton maps at a quarter of the picture's size, then convolved down to the latent grid: strides r, 32, 32
/// in all. Latent frames are convolved each by itself, so a stream equals a clip.
class PoseMaps : public PoseEncoder {
public:
    explicit PoseMaps(const DitConfig& config) : temporal_(config.grid.temporal), points_(config.pose.points) {
        if (config.grid.spatial_stride % kMapStride != 0 || points_ != 2 * point::kHandCount)
            throw Error(ErrorCode::mismatch, "denoiser config, field pose.kind", "maps need cells of a multiple of 4 pixels and 44 points",
                        "Use pose.kind points.");
        cells_ = config.grid.spatial_stride / kMapStride;
        convs = register_module("convs", torch::nn::ModuleList());
        int64_t in = kSkeletonChannels * temporal_, left = cells_, width = config.pose.hidden;
        while (left > 1) {
            const int64_t stride = left % 2 == 0 ? 2 : left;
            convs->push_back(torch::nn::Conv2d(torch::nn::Conv2dOptions(in, width, stride + 1).stride(stride).padding(stride / 2)));
            in = width;
            left /= stride;
        }
        out = register_module("out", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, config.width(), 1)));
        null_ = register_parameter("null", torch::zeros({in}));
        torch::nn::init::zeros_(out->weight);
        torch::nn::init::zeros_(out->bias);
    }

    Tensor forward(const Tensor& pose, const Tensor& given, int64_t frames, const LatentGrid& grid) override {
        Tensor hidden = null_.view({1, 1, -1, 1, 1}).expand({1, frames, -1, grid.h, grid.w});
        if (pose.defined()) {
            const Tensor maps = draw_skeletons(pose.reshape({-1, points_, 3}), grid.h * cells_, grid.w * cells_);
            Tensor h = maps.view({pose.size(0) * frames, -1, maps.size(2), maps.size(3)}).to(out->weight.scalar_type());
            for (const auto& conv : *convs) h = torch::silu(conv->as<torch::nn::Conv2d>()->forward(h));
            hidden = h.view({pose.size(0), frames, h.size(1), h.size(2), h.size(3)});
            if (given.defined()) hidden = torch::where(given.view({-1, frames, 1, 1, 1}), hidden, null_.view({1, 1, -1, 1, 1}));
        }
        const Tensor cells = out->forward(hidden.flatten(0, 1));  // [B T', D, h, w]
        return cells.flatten(2).transpose(1, 2).reshape({hidden.size(0), frames * grid.tokens(), cells.size(1)});
    }

private:
    int64_t temporal_, points_, cells_ = 1;
    torch::nn::ModuleList convs{nullptr};
    torch::nn::Conv2d out{nullptr};
    Tensor null_;
};

struct Limb {
    int64_t from, to, channel;
};

/// The limbs of both sides: elbow to wrist, the palm's rays, three bones a finger.
std::vector<Limb> limbs() {
    std::vector<Limb> all;
    for (int64_t side = 0; side < 2; ++side) {
        const int64_t first = side * point::kHandCount, channel = side * (kSkeletonChannels / 2);
        all.push_back({first + point::kElbow, first + point::kWrist, channel});
        for (int64_t finger = 0; finger < 5; ++finger) {
            const int64_t knuckle = first + point::kFingers + 4 * finger;
            all.push_back({first + point::kWrist, knuckle, channel + 1});
            for (int64_t bone = 0; bone < 3; ++bone) all.push_back({knuckle + bone, knuckle + bone + 1, channel + 2 + finger});
        }
    }
    return all;
}

}  // namespace

std::shared_ptr<PoseEncoder> PoseEncoder::make(const DitConfig& config) {
    if (config.pose.kind == PoseKind::points) return std::make_shared<PosePoints>(config);
    if (config.pose.kind == PoseKind::maps) return std::make_shared<PoseMaps>(config);
    return nullptr;
}

Tensor draw_skeletons(const Tensor& points, int64_t height, int64_t width) {
    constexpr double kThickness = 0.75;  // cells: half width at which a limb has faded to exp(-1/2)
    const auto options = points.options();
    const Tensor xs = torch::arange(width, options).add(0.5).view({1, 1, width});
    const Tensor ys = torch::arange(height, options).add(0.5).view({1, height, 1});
    std::vector<Tensor> channels(kSkeletonChannels);
    for (const Limb& limb : limbs()) {
        const Tensor a = points.select(1, limb.from), b = points.select(1, limb.to);  // [F, 3]
        const auto cell = [&](const Tensor& p, int64_t axis) { return p.select(1, axis).view({-1, 1, 1}) * static_cast<double>(width); };
        const Tensor dx = cell(b, 0) - cell(a, 0), dy = cell(b, 1) - cell(a, 1);
        const Tensor along = ((xs - cell(a, 0)) * dx + (ys - cell(a, 1)) * dy) / (dx.square() + dy.square() + 1e-6);
        const Tensor t = along.clamp(0, 1);
        const Tensor distance2 = (xs - cell(a, 0) - t * dx).square() + (ys - cell(a, 1) - t * dy).square();
        const Tensor sure = torch::minimum(a.select(1, 2), b.select(1, 2)).view({-1, 1, 1});
        const Tensor drawn = torch::exp(distance2 * (-0.5 / (kThickness * kThickness))) * sure;
        Tensor& channel = channels[static_cast<std::size_t>(limb.channel)];
        channel = channel.defined() ? torch::maximum(channel, drawn) : drawn;
    }
    return torch::stack(channels, 1);
}

}  // namespace mirrorme
