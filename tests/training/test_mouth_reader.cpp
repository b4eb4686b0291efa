#include "train/mouth_reader.h"

#include <catch2/catch_test_macros.hpp>

#include "train/mouth_reader_task.h"

using namespace mirrorme;
using torch::Tensor;

TEST_CASE("a window of a face is cut out upright, wherever and however large the face is") {
    // Red runs along x, green along y: a window's colours tell where it was taken.
    const int64_t h = 80, w = 120;
    const Tensor red = (torch::arange(w, torch::kFloat) / 200.0).view({1, w}).expand({h, w}), green = (torch::arange(h, torch::kFloat) / 200.0).view({h, 1}).expand({h, w});
    const Tensor picture = torch::stack({red, green, torch::zeros({h, w})}).unsqueeze(0);
    const FaceFrame level{60, 30, 10, 0};
    const Tensor cut = face_window(picture, level, {-1, 0, 1, 2}, {20, 20});
    REQUIRE(cut.sizes() == torch::IntArrayRef({1, 3, 20, 20}));
    CHECK(torch::allclose(cut[0][0][0] * 200, torch::arange(20, torch::kFloat) + 50.5, 1e-4, 1e-3));
    CHECK(torch::allclose(cut[0][1].select(1, 0) * 200, torch::arange(20, torch::kFloat) + 30.5, 1e-4, 1e-3));

    const FaceFrame turned{60, 30, 10, 1.5707963f};  // a quarter clockwise: the eyes' axis points down the picture
    const Tensor upright = face_window(picture, turned, {-1, 0, 1, 2}, {20, 20});
    CHECK(torch::allclose(upright[0][1][0] * 200, torch::arange(20, torch::kFloat) + 20.5, 1e-4, 1e-3));
    CHECK(torch::allclose(upright[0][0].select(1, 0) * 200, 59.5 - torch::arange(20, torch::kFloat), 1e-4, 1e-3));
}

TEST_CASE("the reader's crops are a pure function of seed and step, and show the mouth that is told") {
    MouthReaderSampling sampling;
    sampling.batch = 12;
    sampling.poses = 4;
    sampling.pool_characters = 2;
    const auto pool = [&] { return std::make_shared<MouthReaderSource::Pool>([&](std::uint64_t seed) { return pose_mouths(seed, CharacterSet::training, MouthView::close, sampling.poses); }); };
    MouthReaderSource source(sampling, pool()), other(sampling, pool());
    const auto draw = [](MouthReaderSource& from, std::int64_t step) {
        auto drawn = from.draw(4, step);
        return static_cast<MouthReaderBatch&>(*drawn);
    };
    const MouthReaderBatch a = draw(source, 3);
    draw(source, 4);
    torch::rand({5});
    const MouthReaderBatch again = draw(other, 3);
    CHECK(a.crops.equal(again.crops));
    CHECK(a.mouth.equal(again.mouth));
    CHECK_FALSE(a.crops.equal(draw(source, 4).crops));
    REQUIRE(a.crops.sizes() == torch::IntArrayRef({12, 3, 44, 48}));
    CHECK(a.crops.min().item<float>() >= 0);
    CHECK(a.crops.max().item<float>() <= 1);

    // The crop has the mouth: where shapes differ, what is seen differs.
    const MouthPoses shown = pose_mouths(9, CharacterSet::held_out, MouthView::any, 8);
    const auto opening = shown.mouth.select(1, 0);
    const auto shut = opening.argmin().item<int64_t>(), open = opening.argmax().item<int64_t>();
    REQUIRE(opening[open].item<float>() > opening[shut].item<float>() + 0.05f);
    const auto crop = [&](int64_t i) { return mouth_crop(shown.pictures[static_cast<std::size_t>(i)], shown.faces[static_cast<std::size_t>(i)]); };
    CHECK((crop(open) - crop(shut)).abs().mean().item<double>() > 0.01);
    CHECK(shown.mouth.select(1, 1).min().item<double>() > 0.3);  // outer corners, in distances of the eyes
}

TEST_CASE("the reader learns to read") {
    torch::manual_seed(1);
    MouthReaderSampling sampling;
    sampling.batch = 32;
    sampling.pool_characters = 6;
    MouthReaderTask task(sampling);
    const auto source = task.make_source();
    torch::optim::Adam adam(task.modules().front().module->parameters(), 2e-3);
    double before = 0, after = 0;
    for (int step = 0; step < 60; ++step) {
        const StepResult result = task.step(*source->draw(1, 0), {});
        adam.zero_grad();
        result.loss.backward();
        adam.step();
        if (step < 3) before += result.loss.item<double>();
        if (step >= 57) after += result.loss.item<double>();
    }
    CHECK(after < 0.3 * before);
}
