#include "codec/motion/points_net.h"

#include "codec/motion/plain_conv.h"

namespace mirrorme {
namespace {

namespace nn = torch::nn;
constexpr int kCellPixels = 16;
constexpr double kSharpness = 4;  // of the heat maps: a narrow peak takes large logits, which weights grow to slowly

/// One that adds little to its input at first.
nn::Conv2d residual(int channels, int dilation) {
    nn::Conv2d layer = plain_conv(channels, channels, 3, 1, dilation);
    const torch::NoGradGuard no_grad;
    layer->weight.mul_(0.3);
    return layer;
}
torch::Tensor active(const torch::Tensor& x) { return torch::leaky_relu(x, kLeak); }
torch::Tensor doubled(const torch::Tensor& x) { return torch::upsample_nearest2d(x, {x.size(2) * 2, x.size(3) * 2}); }

/// rgb = 2 rgb - alpha, alpha = 2 alpha - 1: grey-centred, and colour under alpha 0 is 0.
torch::Tensor centred(const torch::Tensor& rgba) {
    const torch::Tensor alpha = rgba.slice(1, 3);
    return torch::cat({2 * rgba.slice(1, 0, 3) - alpha, 2 * alpha - 1}, 1);
}

void start_at_zero(torch::nn::Linear& layer) {
    nn::init::zeros_(layer->weight);
    nn::init::zeros_(layer->bias);
}

}  // namespace

PictureTrunkImpl::PictureTrunkImpl(int width) {
    const int middle = 2 * width, coarse = 3 * width;
    stem = register_module("stem", plain_conv(4 * kCellPixels, width, 1));
    enc = register_module("enc", plain_conv(width, width, 3));
    down1 = register_module("down1", plain_conv(width, middle, 3, 2));
    mid = register_module("mid", residual(middle, 1));
    down2 = register_module("down2", plain_conv(middle, coarse, 3, 2));
    near = register_module("near", residual(coarse, 1));
    wide = register_module("wide", residual(coarse, 2));
    far = register_module("far", residual(coarse, 3));
    up = register_module("up", plain_conv(coarse, middle, 1));
    merge = register_module("merge", plain_conv(middle, middle, 3));
}

PictureTrunkImpl::Output PictureTrunkImpl::forward(const torch::Tensor& picture) {
    const torch::Tensor cells = active(enc(active(stem(torch::pixel_unshuffle(centred(picture), 4).contiguous(torch::MemoryFormat::ChannelsLast)))));
    torch::Tensor middle = active(down1(cells));
    middle = active(middle + mid(middle));
    torch::Tensor deep = active(down2(middle));
    deep = active(deep + near(deep));
    deep = active(deep + wide(deep));
    deep = active(deep + far(deep));
    const torch::Tensor features = active(merge(doubled(up(deep)) + middle));
    return {cells, features, deep.mean({2, 3})};
}

PointHeadImpl::PointHeadImpl(int features, int global, int points) : points_(points) {
    heat = register_module("heat", plain_conv(features, points, 1));
    beyond = register_module("beyond", nn::Linear(global, 3 * points));
    start_at_zero(beyond);
}

PointsOutput PointHeadImpl::forward(const torch::Tensor& features, const torch::Tensor& global, int stride) {
    const torch::Tensor maps = kSharpness * heat(features);
    const int64_t b = maps.size(0), h = maps.size(2), w = maps.size(3);
    const torch::Tensor share = maps.reshape({b, points_, h * w}).softmax(2).reshape({b, points_, h, w});
    const double middle = 0.5 * (stride - 1);
    const torch::Tensor xs = torch::arange(w, maps.options()) * stride + middle, ys = torch::arange(h, maps.options()) * stride + middle;
    const torch::Tensor mean = torch::stack({(share.sum(2) * xs).sum(2), (share.sum(3) * ys).sum(2)}, 2);  // [B, N, 2]
    const torch::Tensor more = beyond(global).reshape({b, points_, 3});
    return {mean + static_cast<double>(stride) * more.slice(2, 0, 2), more.select(2, 2)};
}

LocatorImpl::LocatorImpl() {
    constexpr int kWidth = 24;
    trunk = register_module("trunk", PictureTrunk(kWidth));
    landmarks = register_module("landmarks", PointHead(2 * kWidth, 3 * kWidth, kLandmarkCount));
    presence = register_module("presence", nn::Linear(3 * kWidth, 1));
}

LocatorOutput LocatorImpl::forward(const torch::Tensor& picture) {
    const PictureTrunkImpl::Output seen = trunk(picture);
    return {landmarks(seen.features, seen.global, 8), presence(seen.global).squeeze(1)};
}

FaceNetImpl::FaceNetImpl() {
    constexpr int kWidth = 36;
    trunk = register_module("trunk", PictureTrunk(kWidth));
    fine = register_module("fine", plain_conv(3 * kWidth, 2 * kWidth, 3));
    points = register_module("points", PointHead(2 * kWidth, 3 * kWidth, kFacePoints));
    hidden = register_module("hidden", nn::Linear(3 * kWidth + 2 * kFacePoints, 96));
    scalars = register_module("scalars", nn::Linear(96, kScalarCount));
}

FaceOutput FaceNetImpl::forward(const torch::Tensor& crop) {
    const PictureTrunkImpl::Output seen = trunk(crop);
    const torch::Tensor detailed = active(fine(torch::cat({doubled(seen.features), seen.cells}, 1)));
    const PointsOutput found = points(detailed, seen.global, 4);
    const torch::Tensor places = (found.points.flatten(1) - kFaceCropSize / 2.0) / (kFaceCropSize / 4.0);
    return {found, scalars(active(hidden(torch::cat({seen.global, places}, 1))))};
}

BodyNetImpl::BodyNetImpl() {
    constexpr int kWidth = 32;
    trunk = register_module("trunk", PictureTrunk(kWidth));
    guide_in = register_module("guide_in", plain_conv(1, 2 * kWidth, 1));
    points = register_module("points", PointHead(2 * kWidth, 3 * kWidth, kBodyPoints));
    up = register_module("up", plain_conv(2 * kWidth, kWidth, 1));
    edge = register_module("edge", plain_conv(kWidth, kWidth, 3));
    matte = register_module("matte", plain_conv(kWidth, kCellPixels, 1));
}

BodyOutput BodyNetImpl::forward(const torch::Tensor& frame, const torch::Tensor& guide) {
    const PictureTrunkImpl::Output seen = trunk(frame);
    const torch::Tensor features = active(seen.features + guide_in(torch::avg_pool2d(guide, 8)));
    const torch::Tensor detailed = active(edge(active(doubled(up(features)) + seen.cells)));
    return {points(features, seen.global, 8), torch::pixel_shuffle(matte(detailed), 4)};
}

PointsNetImpl::PointsNetImpl() {
    locator = register_module("locator", Locator());
    face = register_module("face", FaceNet());
    body = register_module("body", BodyNet());
}

}  // namespace mirrorme
