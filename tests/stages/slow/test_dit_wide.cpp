// The published width, two blocks of it: 177 million parameters.

#include <catch2/catch_test_macros.hpp>

#include "support/dit_golden.h"

using namespace mirrorme;

TEST_CASE("two blocks of full width give the recorded rows") {
    torch::NoGradGuard no_grad;
    golden::TransformerCase wide = golden::wide_transformer();
    int64_t count = 0;
    for (const auto& item : wide.model->named_parameters())
        if (is_ltx_tensor(item.key())) count += item.value().numel();
    CHECK(count == 177330304);
    golden::check_transformer(wide);
    wide.model->prepare_for_inference();
    golden::check_transformer(wide);
}
