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
    sampling.poses = 6;
    MouthReaderSource source(sampling), other(sampling);
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
    CHECK_FALSE(a.mouth.equal(draw(source, 4).mouth));
    CHECK(a.crops.min().item<float>() >= 0);
    CHECK(a.crops.max().item<float>() <= 1);

    // Poses of a character whose mouths differ more look more different there.
    sampling.treated = sampling.close = false;
    MouthReaderSource plain(sampling);
    const MouthReaderBatch seen = draw(plain, 1);
    const Tensor first = seen.mouth.slice(0, 0, sampling.poses).select(1, 0);
    const int64_t shut = first.argmin().item<int64_t>(), open = first.argmax().item<int64_t>();
    REQUIRE(shut != open);
    CHECK((seen.crops[open] - seen.crops[shut]).abs().mean().item<double>() > 0.01);
    CHECK(seen.mouth.select(1, 1).min().item<double>() > 0.3);  // outer corners, in distances of the eyes
}

TEST_CASE("the reader learns to read") {
    torch::manual_seed(1);
    MouthReaderSampling sampling;
    sampling.batch = 16;
    MouthReaderTask task(sampling);
    const auto source = task.make_source();
    std::vector<std::unique_ptr<TrainingBatch>> batches;
    for (int i = 0; i < 3; ++i) batches.push_back(source->draw(1, i));
    torch::optim::Adam adam(task.modules().front().module->parameters(), 2e-3);
    double before = 0, after = 0;
    for (int step = 0; step < 60; ++step) {
        const StepResult result = task.step(*batches[static_cast<std::size_t>(step % 3)], {});
        adam.zero_grad();
        result.loss.backward();
        adam.step();
        if (step < 3) before += result.loss.item<double>();
        if (step >= 57) after += result.loss.item<double>();
    }
    CHECK(after < 0.3 * before);
}
