#include "train/codec_renderer_task.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

#include "ops/memory_format.h"
#include "ops/warp.h"
#include "train/codec_pictures.h"

namespace mirrorme {
namespace {

constexpr double kEdges = 0.6, kAlpha = 0.5, kStructure = 0.5, kWarp = 0.3, kBending = 2e-3;
constexpr std::uint64_t kHeldOutSeed = 20'261'121;
constexpr int kHeldOutBatches = 10, kHeldOutBatch = 4;

torch::Tensor weighted_mean(const torch::Tensor& value, const torch::Tensor& weight) { return (value * weight).mean(); }

torch::Tensor edge_difference(const torch::Tensor& difference, const torch::Tensor& weight) {
    const torch::Tensor along_x = (difference.slice(3, 1) - difference.slice(3, 0, -1)).abs();
    const torch::Tensor along_y = (difference.slice(2, 1) - difference.slice(2, 0, -1)).abs();
    return weighted_mean(along_x, weight.slice(3, 1)) + weighted_mean(along_y, weight.slice(2, 1));
}

/// 1 - SSIM: what is seen to differ where colours differ little, on the whole body alike; a mouth counts as ever.
torch::Tensor structure_difference(const torch::Tensor& picture, const torch::Tensor& wanted, const torch::Tensor& weight) {
    const torch::Tensor even = torch::where(weight > 0, weight.clamp_min(1), weight);
    return weighted_mean(1 - ssim_map(picture, wanted), even);
}

torch::Tensor bending_of(const torch::Tensor& delta) {
    return (delta.slice(3, 1) - delta.slice(3, 0, -1)).abs().mean() + (delta.slice(2, 1) - delta.slice(2, 0, -1)).abs().mean();
}

torch::Tensor mouth_mask(const RendererBatch& batch) { return (batch.weight >= kMouthWeight).to(torch::kFloat); }

}  // namespace

/// What the net adds its residual to: the reference moved, closing lids painted over it.
torch::Tensor moved_picture(const RendererBatch& batch, const torch::Tensor& flow) {
    const torch::Tensor moved = warp(batch.reference, flow, {batch.first_cell}), alpha = moved.slice(1, 3);
    const torch::Tensor colour = moved.slice(1, 0, 3) * (1 - batch.lids.slice(1, 3)) + batch.lids.slice(1, 0, 3) * alpha;
    return torch::cat({colour, alpha}, 1);
}

RenderedBatch render(Renderer& renderer, const RendererBatch& batch) {
    const RendererOutput said = renderer->forward(batch.cells, batch.condition);
    const torch::Tensor delta = said.delta.to(torch::kFloat);
    const torch::Tensor base = moved_picture(batch, batch.flow + delta);
    return {paint_over(batch.limbs, base), paint_over(batch.limbs, base + cells_to_pixels(said.residual.to(torch::kFloat))), delta};
}

RendererTask::RendererTask(const RendererConfig& config, const RendererSampling& sampling) : sampling_(sampling), renderer_(config) {
    to_channels_last(*renderer_);
}

std::vector<TrainedModule> RendererTask::modules() { return {{"codec.renderer.", renderer_.ptr(), 1}}; }
std::unique_ptr<BatchSource> RendererTask::make_source() { return std::make_unique<RendererSource>(sampling_); }
nlohmann::json RendererTask::describe() const { return {{"config", {{"renderer", renderer_->config()}}}}; }

StepResult RendererTask::step(TrainingBatch& drawn, const StepInfo&) {
    const auto& batch = static_cast<const RendererBatch&>(drawn);
    const RenderedBatch out = render(renderer_, batch);
    const torch::Tensor behind = torch::rand({out.picture.size(0), 3, 1, 1}, out.picture.options());
    const torch::Tensor wanted = over_colour(batch.truth, behind), shown = over_colour(out.picture, behind), difference = shown - wanted;
    const torch::Tensor colour = weighted_mean(difference.abs(), batch.weight);
    const torch::Tensor alpha = weighted_mean((out.picture.slice(1, 3) - batch.truth.slice(1, 3)).abs(), batch.weight);
    const torch::Tensor edges = edge_difference(difference, batch.weight);
    const torch::Tensor structure = structure_difference(shown, wanted, batch.weight);
    const torch::Tensor warped = weighted_mean((over_colour(out.base, behind) - wanted).abs(), batch.weight);

    StepResult result;
    result.loss = colour + kAlpha * alpha + kEdges * edges + kStructure * structure + kWarp * warped + kBending * bending_of(out.delta);
    result.metrics.add("loss", result.loss);
    result.metrics.add("colour", colour);
    result.metrics.add("edges", edges);
    result.metrics.add("structure", structure);
    result.metrics.add("warp", warped);
    const torch::Tensor squared = difference.detach().square().mean(1, true), mouth = mouth_mask(batch);
    result.metrics.add("mouth_mse", (squared * mouth).sum() / mouth.sum().clamp_min(1));
    return result;
}

const std::vector<RendererBatch>& RendererTask::held_out() {
    if (held_out_.empty()) {
        RendererSampling whole = sampling_;
        whole.characters = CharacterSet::held_out;
        whole.batch = kHeldOutBatch;
        whole.targets = 1;
        whole.flaws = false;
        whole.crop_w = whole.width / kernels::kCell;
        whole.crop_h = whole.height / kernels::kCell;
        RendererSource source(whole);
        for (int i = 0; i < kHeldOutBatches; ++i) held_out_.push_back(static_cast<RendererBatch&>(*source.draw(kHeldOutSeed, i)));
    }
    for (RendererBatch& batch : held_out_) batch.to(renderer_->parameters().front().device());
    return held_out_;
}

Metrics RendererTask::evaluate() {
    struct Score {
        const char* name;
        PictureScore whole, mouth;
    };
    std::map<DrawingStyle, std::pair<PictureScore, PictureScore>> by_style;  // the net's
    std::array<Score, 3> scores{Score{"still", {}, {}}, Score{"warp", {}, {}}, Score{"net", {}, {}}};
    for (const RendererBatch& batch : held_out()) {
        const RenderedBatch out = render(renderer_, batch);
        const torch::Tensor grey = torch::full({1, 3, 1, 1}, 0.5, out.base.options()), truth = over_colour(batch.truth, grey);
        const torch::Tensor warp_alone = paint_over(batch.limbs, moved_picture(batch, batch.flow));
        const torch::Tensor mouth = mouth_mask(batch), all = torch::ones_like(mouth);
        const std::array<torch::Tensor, 3> pictures{batch.reference, warp_alone, out.picture.clamp(0, 1)};
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const torch::Tensor picture = over_colour(pictures[i], grey);
            scores[i].whole.add(picture, truth, all);
            scores[i].mouth.add(picture, truth, mouth);
            if (i != 2) continue;
            for (int64_t k = 0; k < picture.size(0); ++k) {
                auto& [of_whole, of_mouth] = by_style[batch.styles[static_cast<std::size_t>(k)]];
                of_whole.add(picture.slice(0, k, k + 1), truth.slice(0, k, k + 1), all.slice(0, k, k + 1));
                of_mouth.add(picture.slice(0, k, k + 1), truth.slice(0, k, k + 1), mouth.slice(0, k, k + 1));
            }
        }
    }
    Metrics metrics;
    for (const Score& score : scores) {
        for (const auto& [part, value] : {std::pair{"whole", &score.whole}, std::pair{"mouth", &score.mouth}}) {
            metrics.add(std::string(score.name) + "_" + part + "_psnr", value->psnr());
            metrics.add(std::string(score.name) + "_" + part + "_ssim", value->ssim());
            metrics.add(std::string(score.name) + "_" + part + "_sharpness", value->sharpness());
        }
    }
    for (const auto& [style, score] : by_style) {
        metrics.add(std::string("net_whole_ssim_") + name_of(style), score.first.ssim());
        metrics.add(std::string("net_mouth_ssim_") + name_of(style), score.second.ssim());
    }
    return metrics;
}

std::vector<Preview> RendererTask::preview() {
    std::vector<torch::Tensor> tiles;
    for (const RendererBatch& batch : held_out()) {
        const RenderedBatch out = render(renderer_, batch);
        const torch::Tensor warp_alone = paint_over(batch.limbs, moved_picture(batch, batch.flow));
        const torch::Tensor behind = torch::tensor({0.74, 0.78, 0.82}, out.base.options()).view({1, 3, 1, 1});
        for (int64_t i = 0; i < batch.truth.size(0); ++i)
            for (const torch::Tensor& picture : {batch.reference, warp_alone, out.picture.clamp(0, 1), batch.truth})
                tiles.push_back(over_colour(picture.slice(0, i, i + 1), behind).squeeze(0));
    }
    return {{"renderer", {contact_sheet(tiles, 8)}, {}}};
}

}  // namespace mirrorme
