#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <map>

#include "train/codec_points_task.h"
#include "train/codec_renderer_task.h"

using namespace mirrorme;

namespace {

RendererSampling small_pairs() {
    RendererSampling sampling;
    sampling.batch = 4;
    sampling.targets = 2;
    sampling.crop_w = sampling.crop_h = 16;
    return sampling;
}

RendererConfig small_renderer() {
    RendererConfig config;
    config.stem = 8, config.fine = 8, config.middle = 16, config.coarse = 16, config.condition = 16;
    return config;
}

std::map<std::string, double> values_of(const Metrics& metrics) {
    std::map<std::string, double> values;
    for (const auto& [name, value] : metrics.entries()) values[name] = value.item<double>();
    return values;
}

/// Loss of the first and of the last of `steps` steps on one batch.
std::pair<double, double> fit(TrainingTask& task, TrainingBatch& batch, int steps, double rate) {
    std::vector<torch::Tensor> parameters;
    for (const TrainedModule& m : task.modules())
        for (const torch::Tensor& p : m.module->parameters()) parameters.push_back(p);
    torch::optim::Adam optimizer(parameters, rate);
    std::pair<double, double> losses;
    for (int i = 0; i < steps; ++i) {
        optimizer.zero_grad();
        torch::manual_seed(5);  // the same colours behind
        const StepResult result = task.step(batch, {});
        result.loss.backward();
        optimizer.step();
        (i == 0 ? losses.first : losses.second) = result.loss.item<double>();
    }
    for (const torch::Tensor& p : parameters) CHECK(p.grad().defined());
    return losses;
}

}  // namespace

TEST_CASE("pairs for the renderer are a pure function of seed and step") {
    RendererSource one(small_pairs()), other(small_pairs());
    other.draw(7, 1);
    const auto a = one.draw(7, 2), b = other.draw(7, 2);
    const auto &x = static_cast<RendererBatch&>(*a), &y = static_cast<RendererBatch&>(*b);
    CHECK(x.cells.equal(y.cells));
    CHECK(x.truth.equal(y.truth));
    CHECK(x.flow.equal(y.flow));
    CHECK(x.weight.equal(y.weight));
    CHECK(x.truth.sizes() == torch::IntArrayRef({4, 4, 64, 64}));
    CHECK(x.weight.max().item<float>() == kMouthWeight);
    CHECK(x.truth.min().item<float>() >= 0);
    CHECK(x.truth.max().item<float>() <= 1.001f);
}

TEST_CASE("an untrained renderer is the warp; training it lowers the loss of a batch") {
    torch::manual_seed(1);
    RendererTask task(small_renderer(), small_pairs());
    const auto drawn = task.make_source()->draw(3, 0);
    auto& batch = static_cast<RendererBatch&>(*drawn);
    Renderer renderer(small_renderer());
    const RenderedBatch out = render(renderer, batch);
    CHECK(out.picture.equal(out.base));
    CHECK(out.delta.abs().max().item<float>() == 0);
    const auto [first, last] = fit(task, batch, 160, 5e-3);
    CHECK(last < 0.95 * first);
}

TEST_CASE("the warp beats the picture held still, and figures name both", "[figures]") {
    torch::manual_seed(1);
    RendererTask task(small_renderer(), small_pairs());
    torch::NoGradGuard no_grad;
    const auto values = values_of(task.evaluate());
    CHECK(values.at("warp_mouth_ssim") > values.at("still_mouth_ssim") + 0.1);
    CHECK(values.at("warp_whole_psnr") > values.at("still_whole_psnr") + 2);
    CHECK(std::abs(values.at("net_whole_psnr") - values.at("warp_whole_psnr")) < 0.05);  // it starts as the warp
}

TEST_CASE("pictures for the key-point net show their points, and some show nobody") {
    PointsSampling sampling;
    PointsSource source(sampling);
    int present = 0, seen = 0;
    for (int step = 0; step < 6; ++step) {
        const auto drawn = source.draw(11, step);
        const auto& batch = static_cast<PointsBatch&>(*drawn);
        for (int i = 0; i < sampling.batch; ++i) {
            ++seen;
            present += batch.presence[i].item<float>() > 0.5f;
            const torch::Tensor eyes = batch.landmarks[i].slice(0, 0, 2);
            if (batch.presence[i].item<float>() > 0.5f) {
                CHECK(eyes.min().item<float>() >= 0);
                CHECK(eyes.max().item<float>() <= kLocatorSize - 1);
                CHECK(eyes[0][0].item<float>() < eyes[1][0].item<float>());  // the performer's right eye is on the left
            }
            const torch::Tensor lips = batch.face_points[i].slice(0, point::kOuterLips, point::kOuterLips + point::kOuterLipsCount).mean(0);
            CHECK(std::abs(lips[0].item<float>() - kFaceCropSize / 2.0f) < kFaceCropUnit);  // about the middle of its crop
        }
        CHECK(batch.matte.min().item<float>() >= 0);
        CHECK(batch.matte.mean().item<float>() > 0.1f);
    }
    CHECK(present > seen / 2);
    CHECK(present < seen);
}

TEST_CASE("the key-point net learns a batch by heart, in every part") {
    torch::manual_seed(1);
    PointsSampling sampling;
    sampling.batch = sampling.bodies = 2;
    PointsTask task(sampling);
    const auto source = task.make_source();
    std::unique_ptr<TrainingBatch> batch;
    for (int step = 0; !batch; ++step) {  // one in which every part has something to learn
        auto drawn = source->draw(3, step);
        const auto& pictures = static_cast<const PointsBatch&>(*drawn);
        if (pictures.opaque.min().item<float>() == 1 && pictures.presence.min().item<float>() == 1) batch = std::move(drawn);
    }
    const auto before = values_of(task.step(*batch, {}).metrics);
    fit(task, *batch, 40, 2e-3);
    const auto after = values_of(task.step(*batch, {}).metrics);
    for (const char* part : {"locator", "face", "body", "matte"}) {
        CAPTURE(part);
        CHECK(after.at(part) < 0.7 * before.at(part));
    }
}
