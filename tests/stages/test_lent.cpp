// A module's weights elsewhere for a while. Copies stand in for a GPU's memory.

#include <catch2/catch_test_macros.hpp>

#include "ops/lent.h"

using namespace mirrorme;
using torch::Tensor;

namespace {

struct Small : torch::nn::Module {
    Small() {
        linear = register_module("linear", torch::nn::Linear(3, 2));
        scale = register_buffer("scale", torch::full({2}, 0.5));
    }
    torch::nn::Linear linear{nullptr};
    Tensor scale;
};

Tensor marked(const Tensor& home) { return torch::full_like(home, 7); }

bool is_marked(const Tensor& tensor) { return torch::equal(tensor, torch::full_like(tensor, 7)); }

}  // namespace

TEST_CASE("a module is lent to a device and comes home with the same weights") {
    Small small;
    const Tensor weight = small.linear->weight.detach().clone(), bias = small.linear->bias.detach().clone();
    const void* home = small.linear->weight.const_data_ptr();
    for (int round = 0; round < 2; ++round) {
        const c10::InferenceMode as_when_a_picture_is_read;
        {
            const Lent lent(small, marked);
            CHECK(is_marked(small.linear->weight));
            CHECK(is_marked(small.linear->bias));
            CHECK(is_marked(small.scale));
        }
        CHECK(torch::equal(small.linear->weight, weight));
        CHECK(torch::equal(small.linear->bias, bias));
        CHECK(torch::equal(small.scale, torch::full({2}, 0.5)));
        CHECK(small.linear->weight.const_data_ptr() == home);  // nothing was copied back
    }
    CHECK(small.linear->weight.requires_grad());
}

TEST_CASE("a module that is where it is wanted is left alone, and comes home when reading or lending fails") {
    Small small;
    const void* home = small.linear->weight.const_data_ptr();
    {
        const Lent lent(small, torch::kCPU);
        CHECK(small.linear->weight.const_data_ptr() == home);
    }
    try {
        const Lent lent(small, marked);
        throw 1;
    } catch (int) {
    }
    CHECK(small.linear->weight.const_data_ptr() == home);
    int copied = 0;
    CHECK_THROWS_AS(Lent(small, [&](const Tensor& tensor) { return copied++ == 1 ? throw std::bad_alloc() : marked(tensor); }), std::bad_alloc);
    CHECK(copied == 2);
    CHECK(small.linear->weight.const_data_ptr() == home);
}
