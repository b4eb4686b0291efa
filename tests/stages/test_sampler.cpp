#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "denoise/denoiser.h"
#include "denoise/philox.h"
#include "denoise/rectified_flow.h"
#include "support/golden_fill.h"

using namespace mirrorme;
using torch::Tensor;

namespace {

void check_times(const SamplerConfig& config, int64_t tokens, const std::vector<double>& expected) {
    const std::vector<double> times = schedule_times(config, tokens);
    REQUIRE(times.size() == static_cast<std::size_t>(config.steps));
    for (std::size_t i = 0; i < expected.size(); ++i) CHECK(times[i] == Catch::Approx(expected[i]).margin(6e-5));
}

}  // namespace

TEST_CASE("Philox4x32-10 gives the known answers") {
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}) == PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("noise is normal, and depends on seed, latent, step and place alone") {
    std::vector<float> a(60001), b(60001), part(10);
    fill_normal(a, {.seed = 7, .latent = 3});
    const Tensor values = torch::from_blob(a.data(), {60001});
    CHECK(std::abs(values.mean().item<double>()) < 0.02);
    CHECK(values.std().item<double>() == Catch::Approx(1).margin(0.02));
    CHECK(values.pow(4).mean().item<double>() == Catch::Approx(3).margin(0.15));
    CHECK(values.slice(0, 0, 60000).view({-1, 2}).prod(1).mean().item<double>() == Catch::Approx(0).margin(0.02));
    fill_normal(part, {.seed = 7, .latent = 3});
    CHECK(std::equal(part.begin(), part.end(), a.begin()));
    for (const NoiseKey key : {NoiseKey{8, 3, 0, 0}, NoiseKey{7, 4, 0, 0}, NoiseKey{7, 3, 1, 0}, NoiseKey{7, 3, 0, 1},
                               NoiseKey{7ull << 32, 3, 0, 0}, NoiseKey{7, int64_t{3} << 32, 0, 0}}) {
        fill_normal(b, key);
        CHECK(a != b);
        CHECK(std::abs((torch::from_blob(b.data(), {60001}) * values).mean().item<double>()) < 0.02);
    }

    const Tensor two = latent_noise({2, 8, 2, 1, 6}, 10, 0, 7), next = latent_noise({2, 8, 1, 1, 6}, 11, 0, 7);
    CHECK(two.slice(2, 1).equal(next));
    CHECK_FALSE(two[0].equal(two[1]));
}

TEST_CASE("schedules give the published times") {
    check_times({.schedule = Schedule::shifted, .steps = 4}, 4096, {1, .86708, .63157, .1});
    check_times({.schedule = Schedule::shifted, .steps = 8}, 1024, {1, .9355, .8593, .7679, .6563, .5170, .3381, .1});
    check_times({.schedule = Schedule::shifted, .steps = 8}, 6144, {1, .9739, .9398, .8934, .8265, .7217, .5338, .1});
    check_times({.schedule = Schedule::shifted, .steps = 40}, 4096, {1, .99645, .99274, .98885, .98478, .98051});
    check_times({.schedule = Schedule::linear_quadratic, .steps = 2}, 1, {1, .975});
    check_times({.schedule = Schedule::linear_quadratic, .steps = 4}, 1, {1, .9875, .975, .725});
    check_times({.schedule = Schedule::linear_quadratic, .steps = 6}, 1, {1, .99167, .98333, .975, .86111, .53611});
    check_times({.schedule = Schedule::linear_quadratic, .steps = 8}, 1, {1, .99375, .9875, .98125, .975, .90938, .725, .42188});
    check_times({.schedule = Schedule::uniform, .steps = 4}, 1, {1, .75, .5, .25});
    for (const Schedule schedule : {Schedule::shifted, Schedule::linear_quadratic, Schedule::uniform})
        check_times({.schedule = schedule, .steps = 1}, 4096, {1});
}

TEST_CASE("the next time of a token is the largest below its own, and a clean token stays") {
    const std::vector<double> times{1, .75, .5, .25};
    CHECK(next_time(times, 1) == .75);
    CHECK(next_time(times, .6) == .5);
    CHECK(next_time(times, .5) == .25);
    CHECK(next_time(times, .25) == 0);
    CHECK(next_time(times, 0) == 0);
    const Tensor at = torch::tensor({1.0, .6, .5, .25, .1, 0.0});
    CHECK(torch::allclose(next_time(times, at), torch::tensor({.75, .5, .25, 0.0, 0.0, 0.0})));
}

TEST_CASE("steps along the true velocity arrive at the clean value by either sampler") {
    const Tensor x0 = golden::input("x0", {2, 6, 4}), noise = golden::input("noise", {2, 6, 4}), fresh = golden::input("fresh", {2, 6, 4});
    const Tensor t = torch::tensor({0.9, 0.5, 0.3, 0.1, 0.05, 0.0}).view({1, 6, 1});
    const Tensor x = add_noise(x0, noise, t), v = velocity_of(x0, noise);
    CHECK(torch::allclose(clean_from_velocity(x, v, t), x0, 1e-5, 1e-6));
    CHECK(torch::allclose(noise_from_velocity(x, v, t), noise, 1e-5, 1e-6));
    const Tensor next = t * 0.4;
    CHECK(torch::allclose(euler_step(x, v, t, next), add_noise(x0, noise, next), 1e-5, 1e-6));
    CHECK(torch::allclose(euler_step(x, v, t, torch::zeros_like(t)), x0, 1e-5, 1e-6));
    const Tensor renoised = stochastic_step(x, v, t, next, fresh);
    CHECK(torch::allclose(renoised.slice(1, 0, 5), add_noise(x0, fresh, next).slice(1, 0, 5), 1e-5, 1e-6));
    CHECK(renoised.select(1, 5).equal(x.select(1, 5)));  // a clean token is not noised again
}

TEST_CASE("a sampler's configuration survives a round trip and refuses nonsense") {
    const SamplerConfig config{.schedule = Schedule::list, .kind = SamplerKind::stochastic, .steps = 3, .times = {1, .9, .4}};
    CHECK(to_json(sampler_config_from_json(to_json(config), "bundle.json")) == to_json(config));
    CHECK_THROWS_AS(sampler_config_from_json({{"schedule", "magic"}}, "bundle.json"), Error);
    CHECK_THROWS_AS(sampler_config_from_json({{"schedule", "list"}, {"times", {1, .5, .6}}}, "bundle.json"), Error);
    CHECK_THROWS_AS(sampler_config_from_json({{"schedule", "list"}, {"times", {1, 0}}}, "bundle.json"), Error);
    CHECK_THROWS_AS(sampler_config_from_json({{"steps", 0}}, "bundle.json"), Error);
}
