#include "features/wav2vec2.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/temp_folder.h"
#include "support/wav2vec2_golden.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
using torch::Tensor;

namespace {

double relative_error(const Tensor& a, const Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return ((a - b).norm() / b.norm()).item<double>();
}

/// The error of reading `tensors` as a model of `config`.
Error error_of(std::vector<NamedTensor> tensors, const Wav2Vec2Config& config) {
    testing::TempFolder folder;
    write_safetensors(folder / "model.safetensors", std::move(tensors));
    try {
        read_wav2vec2(SafetensorsFile::open(folder / "model.safetensors"), config);
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was refused");
    throw std::logic_error("unreachable");
}

Error config_error(const nlohmann::json& json) {
    try {
        wav2vec2_config_from_json(json, "config.json");
    } catch (const Error& error) {
        return error;
    }
    FAIL("nothing was refused");
    throw std::logic_error("unreachable");
}

NamedTensor& named(std::vector<NamedTensor>& tensors, const std::string& name) {
    for (NamedTensor& tensor : tensors)
        if (tensor.name == name) return tensor;
    FAIL("no tensor " << name);
    throw std::logic_error("unreachable");
}

}  // namespace

TEST_CASE("the sound is normalised as the published checkpoints want it") {
    const Tensor sound = golden::golden_sound();
    const double expected[3] = {-.59208, -.58670, -.61190};
    for (int i = 0; i < 3; ++i) CHECK(std::abs(sound[0][i].item<double>() - expected[i]) < 1e-5);
    CHECK(normalise_sound(torch::zeros({2, 1000})).equal(torch::zeros({2, 1000})));
}

TEST_CASE("wav2vec2 of the base kind gives the recorded rows", "[golden]") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    Wav2Vec2 model = golden::golden_wav2vec2(golden::tiny_wav2vec2(), folder / "tiny.safetensors");
    const Tensor features = model->convolve(golden::golden_sound());
    REQUIRE(features.sizes() == torch::IntArrayRef({1, 16, 49}));
    golden::check_summary(features.transpose(1, 2), {{-.02755, -.00509, -.00385, .00256, -.01500, .01236}, {.01872, -.00364, .00638}, -.9649, 8.5032});
    const Tensor projected = model->project(features);
    golden::check_summary(projected, {{1.01400, -2.47690, 1.64767, 2.19114, 1.06238, -1.47945}, {-.30472, -.18897, -.46925}, -18.5134, 1299.1208});
    golden::check_summary(model->encoder->positions(projected),
                          {{.11070, -.02870, -.13025, -.14354, .27815, -.00249}, {-.08200, .62347, .26398}, 97.5244, 280.4216});
    const std::vector<Tensor> states = model->states(features).hidden;
    REQUIRE(states.size() == 3);
    CHECK(model->states(features).last.equal(states[2]));
    golden::check_summary(states[0], {{.71387, -2.22846, 1.23758, 1.34675, 1.16551, -1.36527}, {-.22790, .56421, -.17108}, 34.4904, 1265.6333});
    golden::check_summary(states[1], {{.03687, -1.61227, .62113, .79372, .45042, -.15731}, {.40167, .27079, -.89586}, -7.9974, 1304.2345});
    golden::check_summary(states[2], {{-.71464, -2.21110, 1.00233, .71733, 1.35540, .09730}, {1.94176, -.48651, -1.40675}, 31.5120, 1258.4670});
}

TEST_CASE("wav2vec2 of the large kind gives the recorded rows", "[golden]") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    Wav2Vec2 model = golden::golden_wav2vec2(golden::as_large_kind(golden::tiny_wav2vec2()), folder / "tiny.safetensors");
    const Wav2Vec2States states = model->forward(golden::golden_sound());
    REQUIRE(states.hidden.size() == 3);
    golden::check_summary(states.hidden[0], {{-.71398, -.49069, .75203, .41140, .06492, -.54753}, {-.84101, 1.46413, -.19416}, -46.8098, 1424.1886});
    golden::check_summary(states.last, {{-1.18144, -1.00967, 1.75188, .45053, .69406, .43924}, {.83219, .69294, -.60887}, 36.1129, 1263.6893});
}

TEST_CASE("wav2vec2-base of full size gives the recorded rows", "[golden]") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    Wav2Vec2 model = golden::golden_wav2vec2({}, folder / "base.safetensors");
    const Tensor features = model->convolve(golden::golden_sound());
    golden::check_summary(features.transpose(1, 2), {{-.01252, -.01988, .00395, .01315, -.00593, .01595}, {-.00252, .00623, -.01271}, 27.9274, 305.4168});
    const std::vector<Tensor> states = model->states(features).hidden;
    REQUIRE(states.size() == 13);
    golden::check_summary(states[0], {{-1.09201, 1.60515, .54806, -1.33724, .48459, .25261}, {1.87189, .11712, -.11970}, 109.5309, 30170.9630});
    golden::check_summary(states[1], {{-2.99336, .24628, .76657, -.38162, .21585, 1.17563}, {1.61207, -.52574, -.03093}, -198.5564, 29983.9340});
    golden::check_summary(states[6], {{.96340, 1.67086, -1.19475, -.15791, -.62605, -1.29125}, {-.92949, 1.01559, -.19299}, -31.4758, 30092.0817});
    golden::check_summary(states[12], {{.90485, -.10356, .72684, -.26806, 1.11203, .61405}, {.23533, .72647, -1.35640}, -292.8560, 29871.0614});
}

TEST_CASE("a file's names may have the prefix of a model with a head, and either spelling of weight norm, or none") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    const Wav2Vec2Config config = golden::tiny_wav2vec2();
    Wav2Vec2 model = golden::golden_wav2vec2(config, folder / "old.safetensors");
    const Tensor expected = model->forward(golden::golden_sound()).last;
    const auto read_back = [&](std::vector<NamedTensor> tensors) {
        write_safetensors(folder / "other.safetensors", std::move(tensors));
        Wav2Vec2 other(config);
        golden::put_weights(other, read_wav2vec2(SafetensorsFile::open(folder / "other.safetensors"), config));
        return other->forward(golden::golden_sound()).last;
    };
    CHECK(read_back(golden::published_wav2vec2(config, golden::WeightNormNames::parametrized)).equal(expected));

    std::vector<NamedTensor> with_head = golden::published_wav2vec2(config);
    for (NamedTensor& tensor : with_head) tensor.name = "wav2vec2." + tensor.name;
    with_head.push_back({"wav2vec2.masked_spec_embed", torch::ones({32})});
    with_head.push_back({"lm_head.weight", torch::ones({5, 32})});
    CHECK(read_back(with_head).equal(expected));

    CHECK(read_back(read_wav2vec2(SafetensorsFile::open(folder / "old.safetensors"), config)).equal(expected));
    std::vector<NamedTensor> half = golden::published_wav2vec2(config);
    for (NamedTensor& tensor : half) tensor.tensor = tensor.tensor.to(torch::kBFloat16);
    CHECK(relative_error(read_back(half), expected) < 0.02);
}

TEST_CASE("a wav2vec2 file that does not fit is refused, and the message names the tensor") {
    const Wav2Vec2Config config = golden::tiny_wav2vec2();
    const std::string layer = "encoder.layers.1.attention.q_proj.weight";
    std::vector<NamedTensor> tensors = golden::published_wav2vec2(config);

    SECTION("missing") {
        named(tensors, layer).name = "encoder.layers.1.attention.q_proj.wait";
        const Error error = error_of(tensors, config);
        CHECK(error.code() == ErrorCode::mismatch);
        CHECK_THAT(error.what(), ContainsSubstring("model.safetensors [" + layer + "]") && ContainsSubstring("missing"));
    }
    SECTION("another shape") {
        named(tensors, layer).tensor = torch::ones({32, 31});
        CHECK_THAT(error_of(tensors, config).what(), ContainsSubstring(layer) && ContainsSubstring("[32, 31]") && ContainsSubstring("[32, 32]"));
    }
    SECTION("one more") {
        tensors.push_back({"encoder.layers.2.attention.q_proj.weight", torch::ones({32, 32})});
        CHECK_THAT(error_of(tensors, config).what(), ContainsSubstring("encoder.layers.2.attention.q_proj.weight") && ContainsSubstring("unknown"));
    }
    SECTION("half of a weight norm, and none") {
        named(tensors, "encoder.pos_conv_embed.conv.weight_g").name = "lm_head.weight";
        CHECK_THAT(error_of(tensors, config).what(), ContainsSubstring("encoder.pos_conv_embed.conv.weight_g") && ContainsSubstring("missing"));
        named(tensors, "encoder.pos_conv_embed.conv.weight_v").name = "lm_head.bias";
        CHECK_THAT(error_of(tensors, config).what(), ContainsSubstring("encoder.pos_conv_embed.conv.weight]") && ContainsSubstring("original1"));
    }
    SECTION("not a number, whole numbers") {
        named(tensors, layer).tensor = torch::full({32, 32}, std::nan(""));
        const Error error = error_of(tensors, config);
        CHECK(error.code() == ErrorCode::unreadable);
        CHECK_THAT(error.what(), ContainsSubstring(layer) && ContainsSubstring("NaN"));
        named(tensors, layer).tensor = torch::ones({32, 32}, torch::kLong);
        CHECK_THAT(error_of(tensors, config).what(), ContainsSubstring(layer) && ContainsSubstring("floating"));
    }
    SECTION("the kinds do not mix") {
        CHECK_THAT(error_of(tensors, golden::as_large_kind(config)).what(), ContainsSubstring("feature_extractor.conv_layers.0.conv.bias"));
        CHECK_THAT(error_of(golden::published_wav2vec2(golden::as_large_kind(config)), config).what(), ContainsSubstring("unknown"));
    }
}

TEST_CASE("wav2vec2's sizes follow config.json, and what it cannot be is refused by field") {
    Wav2Vec2Config config;
    CHECK(config.hop() == 320);
    CHECK(config.receptive_field() == 400);
    CHECK(config.features_of(16000) == 49);
    CHECK(config.features_of(400) == 1);
    CHECK(config.features_of(399) == 0);
    std::int64_t numbers = 768;  // masked_spec_embed, and what weight norm adds, are published and not wanted
    for (const TensorShape& wanted : wav2vec2_shapes(config)) {
        std::int64_t count = 1;
        for (const std::int64_t size : wanted.shape) count *= size;
        numbers += count;
    }
    CHECK(numbers + 128 == 94'371'712);

    const auto large = golden::as_large_kind(config);
    CHECK(to_json(wav2vec2_config_from_json(to_json(large), "config.json")) == to_json(large));
    CHECK(to_json(wav2vec2_config_from_json(nlohmann::json::object(), "config.json")) == to_json(config));

    CHECK_THAT(config_error({{"hidden_act", "relu"}}).what(), ContainsSubstring("config.json") && ContainsSubstring("hidden_act"));
    CHECK_THAT(config_error({{"model_type", "hubert"}}).what(), ContainsSubstring("model_type") && ContainsSubstring("hubert"));
    CHECK_THAT(config_error({{"num_attention_heads", 7}}).what(), ContainsSubstring("num_attention_heads"));
    CHECK_THAT(config_error({{"conv_stride", {5, 2}}}).what(), ContainsSubstring("conv_stride"));
    CHECK_THAT(config_error({{"feat_extract_norm", "batch"}}).what(), ContainsSubstring("feat_extract_norm"));
    CHECK_THAT(config_error({{"add_adapter", true}}).what(), ContainsSubstring("add_adapter"));
    CHECK_THAT(config_error({{"conv_dim", {512, 0}}}).what(), ContainsSubstring("conv_dim"));
}

TEST_CASE("batches, odd positional kernels and the shortest sound") {
    torch::InferenceMode guard;
    testing::TempFolder folder;
    Wav2Vec2Config config = golden::as_large_kind(golden::tiny_wav2vec2());
    config.num_conv_pos_embeddings = 7;
    Wav2Vec2 model = golden::golden_wav2vec2(config, folder / "tiny.safetensors");
    const Tensor sound = golden::input("two", {2, 8000});
    const Tensor both = model->forward(sound).last, second = model->forward(sound.slice(0, 1)).last;
    CHECK(both.sizes() == torch::IntArrayRef({2, config.features_of(8000), 32}));
    CHECK(relative_error(both.slice(0, 1), second) < 1e-5);
    CHECK(model->forward(sound.slice(1, 0, 400)).last.size(1) == 1);
    CHECK_THROWS(model->forward(sound.slice(1, 0, 399)));
}
