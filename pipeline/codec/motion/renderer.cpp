#include "codec/motion/renderer.h"

#include <vector>

#include "codec/motion/plain_conv.h"

namespace mirrorme {
namespace {

namespace nn = torch::nn;

/// `x` belongs to nobody else: without gradients it is overwritten.
torch::Tensor active(torch::Tensor x) { return torch::GradMode::is_enabled() ? torch::leaky_relu(x, kLeak) : torch::leaky_relu_(x, kLeak); }
torch::Tensor doubled(const torch::Tensor& x) { return torch::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2}); }
torch::Tensor per_channel(const torch::Tensor& vector) { return vector.unsqueeze(-1).unsqueeze(-1); }

}  // namespace

void to_json(nlohmann::json& json, const RendererConfig& c) {
    json = {{"stem", c.stem}, {"fine", c.fine}, {"middle", c.middle}, {"coarse", c.coarse}, {"condition", c.condition}};
}
void from_json(const nlohmann::json& json, RendererConfig& c) {
    c.stem = json.value("stem", c.stem);
    c.fine = json.value("fine", c.fine);
    c.middle = json.value("middle", c.middle);
    c.coarse = json.value("coarse", c.coarse);
    c.condition = json.value("condition", c.condition);
}

ResidualConvImpl::ResidualConvImpl(int channels) {
    conv1 = register_module("conv1", plain_conv(channels, channels, 3));
    conv2 = register_module("conv2", plain_conv(channels, channels, 3));
    nn::init::zeros_(conv2->weight);
    nn::init::zeros_(conv2->bias);
}

torch::Tensor ResidualConvImpl::forward(const torch::Tensor& x) { return x + conv2(active(conv1(x))); }

RendererImpl::RendererImpl(const RendererConfig& c) : config_(c) {
    stem = register_module("stem", plain_conv(kernels::kCellChannels, c.stem, 1));
    enc = register_module("enc", plain_conv(c.stem, c.stem, 3));
    down1 = register_module("down1", plain_conv(c.stem, c.middle, 3, 2));
    mid = register_module("mid", ResidualConv(c.middle));
    down2 = register_module("down2", plain_conv(c.middle, c.coarse, 3, 2));
    deep1 = register_module("deep1", ResidualConv(c.coarse));
    deep2 = register_module("deep2", ResidualConv(c.coarse));
    up1 = register_module("up1", plain_conv(c.coarse, c.middle, 1));
    up_mid = register_module("up_mid", ResidualConv(c.middle));
    up2 = register_module("up2", plain_conv(c.middle, c.fine, 1));
    skip = register_module("skip", plain_conv(c.stem, c.fine, 1));
    up_fine = register_module("up_fine", ResidualConv(c.fine));
    head = register_module("head", plain_conv(c.fine, 64 + 2, 1));
    condition_in = register_module("condition_in", nn::Linear(kFrameConditionSize, c.condition));
    condition_out = register_module("condition_out", nn::Linear(c.condition, 2 * c.coarse + c.middle + c.fine));
    for (const torch::Tensor& zero : {head->weight, head->bias, condition_out->weight, condition_out->bias}) nn::init::zeros_(zero);
}

RendererOutput RendererImpl::forward(const torch::Tensor& cells, const torch::Tensor& condition) {
    const std::vector<torch::Tensor> told =
        condition_out(active(condition_in(condition))).split_with_sizes({config_.coarse, config_.coarse, config_.middle, config_.fine}, 1);

    const torch::Tensor fine = active(enc(active(stem(cells))));
    const torch::Tensor middle = active(mid(active(down1(fine))));
    torch::Tensor x = active(down2(middle));
    x = active(deep1(x * (1 + per_channel(told[0])) + per_channel(told[1])));
    x = active(deep2(x));
    x = active(up_mid(doubled(up1(x)) + middle + per_channel(told[2])));
    x = active(up_fine(active(doubled(up2(x)) + skip(fine) + per_channel(told[3]))));
    const torch::Tensor said = head(x);
    const torch::Tensor delta = kMaxDelta * torch::tanh(said.slice(1, 64) / kMaxDelta);
    return {said.slice(1, 0, 64), delta};
}

torch::Tensor cells_to_pixels(const torch::Tensor& residual) {
    const int64_t b = residual.size(0), h = residual.size(2), w = residual.size(3);
    return residual.permute({0, 2, 3, 1}).reshape({b, h, w, 4, 4, 4}).permute({0, 5, 1, 3, 2, 4}).reshape({b, 4, h * 4, w * 4});
}

}  // namespace mirrorme
