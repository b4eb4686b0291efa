// The transformer against numbers recorded from the public LTX-Video classes (tests/support/golden_fill.h says how weights and
// inputs are made). No weight files, no Python.

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include "support/dit_golden.h"

using namespace mirrorme;
using torch::Tensor;

TEST_CASE("the fill reproduces the values it was recorded with") {
    CHECK(golden::fnv1a("x") == 0xaf63f54c86021707ull);
    CHECK(golden::fnv1a("proj_in.weight") == 0xb05036ea4a06804aull);
    CHECK(golden::uniform(golden::fnv1a("x"), 0) == Catch::Approx(-0.597584).margin(1e-6));
    CHECK(golden::uniform(golden::fnv1a("proj_in.weight"), 3) == Catch::Approx(-0.909341).margin(1e-6));
}

TEST_CASE("the sinusoid of time 0.7") {
    const Tensor s = timestep_sinusoid(torch::tensor({700.0f}));
    REQUIRE(s.sizes() == torch::IntArrayRef({1, 256}));
    const std::pair<int, double> expected[] = {{0, -0.839104}, {1, -0.461800}, {2, -0.988410}, {3, 0.172786},   {127, 0.997172},
                                               {128, 0.543971}, {129, -0.886984}, {130, 0.151805}, {131, -0.984959}, {255, 0.075152}};
    for (const auto& [i, value] : expected) CHECK(s[0][i].item<double>() == Catch::Approx(value).margin(1e-4));
}

TEST_CASE("the rotation of a vector of 2048 channels") {
    struct Row {
        int channel;
        double cos, sin;
    };
    const Row rows[] = {{0, 1, 0},
                        {2, .006283, -.999980},
                        {4, .049068, -.998795},
                        {6, .098017, -.995185},
                        {8, -.036669, -.999327},
                        {14, -.080730, -.996736},
                        {20, -.125836, -.992051},
                        {100, -.700783, -.713375},
                        {1000, -.114979, .993368},
                        {2000, .813691, .581297},
                        {2047, 0, 1}};
    const DitConfig config = ltx_2b_config();
    const Tensor at = torch::tensor({0.04, 32.0, 64.0}, torch::kDouble).view({3, 1});
    const RopeTable exact = rope_table(at, config), usual = rope_table(at.to(torch::kFloat), config);
    for (const Row& row : rows) {
        CHECK(exact.cos[0][row.channel].item<double>() == Catch::Approx(row.cos).margin(1e-5));
        CHECK(exact.sin[0][row.channel].item<double>() == Catch::Approx(row.sin).margin(1e-5));
        CHECK(usual.cos[0][row.channel].item<double>() == Catch::Approx(row.cos).margin(4.5e-3));
        CHECK(usual.sin[0][row.channel].item<double>() == Catch::Approx(row.sin).margin(4.5e-3));
    }
}

TEST_CASE("the tiny transformer gives the recorded rows") {
    torch::NoGradGuard no_grad;
    golden::check_transformer(golden::tiny_transformer());
}

TEST_CASE("the tiny transformer gives the recorded rows with gradients, where no step is taken in place") {
    golden::check_transformer(golden::tiny_transformer());
}

TEST_CASE("a fused transformer gives the recorded rows") {
    torch::NoGradGuard no_grad;
    golden::TransformerCase tiny = golden::tiny_transformer();
    tiny.model->prepare_for_inference();
    golden::check_transformer(tiny);
}

TEST_CASE("the tiny transformer has the published number of parameters under the published names") {
    const golden::TransformerCase tiny = golden::tiny_transformer();
    int64_t count = 0;
    for (const auto& item : tiny.model->named_parameters())
        if (is_ltx_tensor(item.key())) count += item.value().numel();
    CHECK(count == 187080);
    const auto names = tiny.model->named_parameters();
    for (const char* name : {"proj_in.weight", "time_embed.emb.timestep_embedder.linear_1.bias", "time_embed.linear.weight",
                             "caption_projection.linear_2.weight", "scale_shift_table", "transformer_blocks.1.attn1.norm_q.weight",
                             "transformer_blocks.0.attn2.to_out.0.bias", "transformer_blocks.1.ff.net.0.proj.weight",
                             "transformer_blocks.1.ff.net.2.bias", "transformer_blocks.0.scale_shift_table", "proj_out.bias"})
        CHECK(names.contains(name));
}
