// The published width of base: 94 million parameters.

#include <catch2/catch_test_macros.hpp>

#include "support/temp_folder.h"
#include "support/wav2vec2_golden.h"

using namespace mirrorme;
using torch::Tensor;

TEST_CASE("wav2vec2-base of full size gives the recorded rows", "[golden][slow]") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    Wav2Vec2 model = golden::golden_wav2vec2({}, folder / "base.safetensors");
    const Tensor features = model->convolve(golden::golden_sound());
    golden::check_summary(features.transpose(1, 2), {{-.01252, -.01988, .00395, .01315, -.00593, .01595}, {-.00252, .00623, -.01271}, 27.9274, 305.4168});
    const std::vector<Tensor> states = model->hidden_states(features);
    REQUIRE(states.size() == 13);
    golden::check_summary(states[0], {{-1.09201, 1.60515, .54806, -1.33724, .48459, .25261}, {1.87189, .11712, -.11970}, 109.5309, 30170.9630});
    golden::check_summary(states[1], {{-2.99336, .24628, .76657, -.38162, .21585, 1.17563}, {1.61207, -.52574, -.03093}, -198.5564, 29983.9340});
    golden::check_summary(states[6], {{.96340, 1.67086, -1.19475, -.15791, -.62605, -1.29125}, {-.92949, 1.01559, -.19299}, -31.4758, 30092.0817});
    golden::check_summary(states[12], {{.90485, -.10356, .72684, -.26806, 1.11203, .61405}, {.23533, .72647, -1.35640}, -292.8560, 29871.0614});
}
