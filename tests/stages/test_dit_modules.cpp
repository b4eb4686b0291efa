// Our modules around LTX's transformer: they change nothing until trained, they change what they should afterwards, and
// gradients reach every one of them.

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "denoise/ltx_names.h"
#include "features/pose_encoder.h"
#include "features/style_encoder.h"
#include "support/dit_small.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

/// LTX with our modules (untrained) and without them; the same LTX weights in both.
struct Twins {
    DitModel with{nullptr}, without{nullptr};
};

Twins twins() {
    DitConfig config = small_config();
    config.context.mode = AttentionMode::bidirectional;
    config.caption_channels = 10;
    DitConfig plain = config;
    plain.adapter.enabled = false;
    plain.pose.kind = PoseKind::none;
    plain.style.dim = 0;
    plain.part_tokens = 0;
    Twins pair{DitModel(config), DitModel(plain)};
    for (DitModel* model : {&pair.with, &pair.without})
        for (auto& item : (*model)->named_parameters())
            if (is_ltx_tensor(item.key())) golden::fill(item.value(), item.key());
    return pair;
}

DitPass small_pass(const DitConfig& config, int64_t batch, int64_t frames) {
    DitPass pass;
    pass.noisy = golden::input("noisy", {batch, config.in_channels, frames, 1, config.part_tokens});
    pass.time = torch::linspace(0.2, 0.9, batch);
    pass.conditioning = small_conditioning(config, batch, frames);
    return pass;
}

}  // namespace

TEST_CASE("untrained modules leave LTX's output as it is, bit for bit") {
    for (const bool gradients : {false, true}) {
        torch::AutoGradMode mode(gradients);
        Twins pair = twins();
        DitPass pass = small_pass(pair.with->config(), 2, 4);
        pass.conditioning.text = golden::input("text", {2, 3, 10});
        pass.conditioning.identity = Tensor();
        DitPass plain;
        plain.noisy = pass.noisy;
        plain.time = pass.time;
        plain.conditioning.text = pass.conditioning.text;
        CHECK(pair.with->forward(pass).equal(pair.without->forward(plain)));

        SECTION("and a reference picture is a part of the sequence") {
            pass.conditioning.identity = golden::input("identity", {2, 12, 1, 1, 6});
            LtxPass joined;
            joined.tokens = torch::cat({latents_to_tokens(pass.conditioning.identity), latents_to_tokens(pass.noisy)}, 1);
            joined.timestep = torch::cat({torch::zeros({2, 6}), (pass.time * 1000).unsqueeze(1).expand({2, 24})}, 1);
            joined.text = pass.conditioning.text;
            joined.coordinates = token_coordinates({-4, 0, 1, 5, 9}, {1, 6}, pair.with->config());
            const Tensor expected = pair.without->forward_tokens(joined).slice(1, 6);
            // Sums in another order: the processor's and the thread count's choice.
            CHECK(largest_difference(latents_to_tokens(pair.with->forward(pass)), expected) < 5e-6);
        }
    }
}

TEST_CASE("gradients reach every parameter") {
    DitConfig config = small_config();
    config.caption_channels = 10;
    DitModel model = trained_model(config);
    DitPass pass = small_pass(config, 2, 4);
    pass.history = golden::input("history", pass.noisy.sizes());
    model->forward(pass).square().mean().backward();  // without text: its learned null
    pass.conditioning.text = golden::input("text", {2, 3, 10});
    model->forward(pass).square().mean().backward();
    for (const auto& item : model->named_parameters()) {
        INFO(item.key());
        REQUIRE(item.value().grad().defined());
        CHECK(item.value().grad().abs().max().item<double>() > 0);
        CHECK(torch::isfinite(item.value().grad()).all().item<bool>());
    }
}

TEST_CASE("the sound's keys and values are the same of all blocks at once, also of weights that come later") {
    const torch::NoGradGuard no_grad;
    const DitConfig config = small_config();
    DitModel model = trained_model(config);
    const Conditioning told = small_conditioning(config, 2, 3);
    const auto check_joined = [&] {
        KeysValues one_by_one;
        {
            const torch::AutoGradMode with_gradients(true);  // which nothing is joined for
            one_by_one = model->audio_keys_values(told.audio, told.silent);
        }
        const KeysValues joined = model->audio_keys_values(told.audio, told.silent);
        REQUIRE(joined.k.sizes() == one_by_one.k.sizes());
        CHECK(largest_difference(joined.k, one_by_one.k) < 1e-5);
        CHECK(largest_difference(joined.v, one_by_one.v) < 1e-5);
        return joined;
    };
    const KeysValues separate = model->audio_keys_values(told.audio, told.silent);
    model->prepare_for_inference();
    const KeysValues before = check_joined();
    CHECK(largest_difference(before.k, separate.k) < 1e-5);
    CHECK(largest_difference(before.v, separate.v) < 1e-5);
    for (Tensor& weight : model->parameters()) weight.mul_(1.25);
    CHECK(largest_difference(check_joined().v, before.v) > 1e-3);
}

TEST_CASE("a text of one token says what the same token says twice") {
    DitConfig config = small_config();
    config.caption_channels = 10;
    DitModel model = trained_model(config);
    DitPass pass = small_pass(config, 2, 4);
    const auto say = [&](int64_t times) {
        pass.conditioning.text = golden::input("text", {2, 1, 10}).expand({2, times, 10});
        return model->forward(pass);
    };
    CHECK(largest_difference(say(1), say(2)) < 1e-5);  // attention to two of the same
    const torch::NoGradGuard no_grad;
    const Tensor once = say(1);
    CHECK(largest_difference(once, say(2)) < 1e-5);
    pass.conditioning.text = golden::input("other text", {2, 1, 10});
    CHECK(largest_difference(once, model->forward(pass)) > 1e-3);
}

TEST_CASE("a model without a prompt needs no weights of text") {
    const torch::NoGradGuard no_grad;
    DitConfig config = small_config();
    config.caption_channels = 10;
    DitModel model = trained_model(config);
    DitPass pass = small_pass(config, 2, 4);
    pass.conditioning.text = Tensor();
    const Tensor before = model->forward(pass);
    const std::size_t parameters = model->parameters().size();
    model->give_up_text();
    CHECK(model->parameters().size() == parameters - 4 - static_cast<std::size_t>(config.num_layers) * 10);  // 4 linears with biases and 2 norms a block
    CHECK(torch::equal(model->forward(pass), before));
    model->give_up_text();
    CHECK(torch::equal(model->forward(pass), before));
    pass.conditioning.text = golden::input("text", {2, 1, 10});
    CHECK_THROWS_AS(model->forward(pass), c10::Error);
}

TEST_CASE("every input of a trained model matters, and only where it should") {
    torch::NoGradGuard no_grad;
    DitConfig config = small_config();
    config.context.mode = AttentionMode::block_causal;
    DitModel model = trained_model(config);
    const DitPass pass = small_pass(config, 1, 6);
    const Tensor before = model->forward(pass);
    REQUIRE(before.sizes() == pass.noisy.sizes());
    const auto change = [&](auto edit) {
        DitPass other = pass;
        edit(other);
        return (model->forward(other) - before).abs().amax({0, 1, 3, 4});  // one number a latent frame
    };
    const Tensor sound = change([](DitPass& p) {
        p.conditioning.audio = p.conditioning.audio.clone();
        p.conditioning.audio.select(1, 3) += 1;
    });
    CHECK(sound.slice(0, 0, 3).max().item<double>() == 0);  // nothing is heard before it is said
    CHECK(sound[3].item<double>() > 1e-4);
    CHECK(sound[4].item<double>() > 1e-5);                   // and it echoes for a while
    const Tensor silenced = change([](DitPass& p) {
        p.conditioning.audio = p.conditioning.audio.clone();
        p.conditioning.audio.select(1, 2) += 1;              // flagged as silent: its sound is not looked at
    });
    CHECK(silenced.max().item<double>() == 0);
    const Tensor pose = change([](DitPass& p) {
        p.conditioning.pose = p.conditioning.pose.clone();
        p.conditioning.pose.select(1, 1) += 1;               // not given: the learned null stands there
    });
    CHECK(pose.max().item<double>() == 0);
    CHECK(change([](DitPass& p) { p.conditioning.pose = p.conditioning.pose + 1; }).min().item<double>() > 1e-4);
    CHECK(change([](DitPass& p) { p.conditioning.identity = p.conditioning.identity + 1; }).min().item<double>() > 1e-4);
    CHECK(change([](DitPass& p) { p.conditioning.style = p.conditioning.style + 1; }).min().item<double>() > 1e-4);
    CHECK(change([](DitPass& p) { p.conditioning.face_mask = p.conditioning.face_mask * 0.1; }).min().item<double>() > 1e-4);
    CHECK(change([](DitPass& p) { p.conditioning.style_mask = torch::zeros({1, 6, 6}); }).min().item<double>() > 1e-4);
    const Tensor last = change([](DitPass& p) {
        p.noisy = p.noisy.clone();
        p.noisy.select(2, 5) += 1;
    });
    CHECK(last.slice(0, 0, 5).max().item<double>() == 0);
    CHECK(last[5].item<double>() > 1e-4);
}

TEST_CASE("a mask of zeros silences the adapter") {
    torch::NoGradGuard no_grad;
    const DitConfig config = small_config();
    DitModel model = trained_model(config);
    DitPass pass = small_pass(config, 1, 4);
    pass.conditioning.face_mask = torch::zeros({1, 4, 6});
    const Tensor masked = model->forward(pass);
    pass.conditioning.audio = Tensor();
    CHECK(masked.equal(model->forward(pass)));
}

TEST_CASE("per-frame, per-clip and per-token times agree where they say the same") {
    torch::NoGradGuard no_grad;
    const DitConfig config = small_config();
    DitModel model = trained_model(config);
    DitPass pass = small_pass(config, 2, 40);  // enough frames for the path that shares equal times
    const Tensor clip = model->forward(pass);
    pass.time = pass.time.unsqueeze(1).expand({2, 40}).contiguous();
    CHECK(largest_difference(model->forward(pass), clip) < 1e-5);
    pass.time[0][7] = 0.01;
    CHECK(largest_difference(model->forward(pass).slice(2, 7, 8), clip.slice(2, 7, 8)) > 1e-4);
}

TEST_CASE("the hybrid weight grows with depth") {
    DitConfig config = small_config();
    config.num_layers = 5;
    CHECK(config.alpha(0) == 0);
    CHECK(config.alpha(2) == 0.5);
    CHECK(config.alpha(4) == 1);
}

TEST_CASE("the last block hears the window alone, the first everything in the context") {
    torch::NoGradGuard no_grad;
    DitConfig config = small_config();
    config.num_layers = 1;
    DitPass pass = small_pass(config, 1, 5);
    pass.conditioning.silent = Tensor();
    for (const double alpha : {0.0, 1.0}) {
        config.adapter.alpha_first = config.adapter.alpha_last = alpha;
        DitModel model = trained_model(config);
        const Tensor before = model->forward(pass);
        DitPass other = pass;
        other.conditioning.audio = pass.conditioning.audio.clone();
        other.conditioning.audio.select(1, 1) += 1;
        const Tensor change = (model->forward(other) - before).abs().amax({0, 1, 3, 4});
        CHECK(change[1].item<double>() > 1e-5);
        CHECK((change[3].item<double>() > 1e-6) == (alpha == 0));
        CHECK(change[4].item<double>() == 0);  // beyond a window of two
    }
}

TEST_CASE("skeleton maps show limbs where the points are, and nothing for points of no confidence") {
    Tensor points = torch::zeros({1, 44, 3});
    for (int64_t i = 0; i < 44; ++i) {
        points[0][i][0] = 0.5;
        points[0][i][1] = 0.5;
        points[0][i][2] = i < 22 ? 1 : 0;
    }
    points[0][0][0] = 0.25;  // the left elbow lies to the side of its wrist
    const Tensor maps = draw_skeletons(points, 16, 16);
    REQUIRE(maps.sizes() == torch::IntArrayRef({1, kSkeletonChannels, 16, 16}));
    CHECK(maps[0][0][7][5].item<double>() > 0.5);
    CHECK(maps[0][0][7][1].item<double>() < 0.02);
    CHECK(maps[0][0][1][5].item<double>() < 1e-3);
    CHECK(maps[0].slice(0, 7).abs().max().item<double>() == 0);
}

TEST_CASE("pose maps reach the latent grid frame by frame") {
    torch::NoGradGuard no_grad;
    DitConfig config = small_config();
    config.part_tokens = 0;
    config.pose.kind = PoseKind::maps;
    config.pose.hidden = 8;
    config.style.audio_tokens = {};
    config.grid.spatial_stride = 32;
    DitModel model = trained_model(config);
    const LatentGrid grid{.h = 3, .w = 2};
    Conditioning told;
    told.pose = golden::input("pose", {1, 4, PoseEncoder::pose_dim(config)}) * 0.5 + 0.5;
    const Tensor tokens = model->pose_tokens(told, 4, grid);
    REQUIRE(tokens.sizes() == torch::IntArrayRef({1, 24, 48}));
    Conditioning third;
    third.pose = told.pose.narrow(1, 2, 1);
    const Tensor alone = model->pose_tokens(third, 1, grid);
    CHECK(largest_difference(tokens.slice(1, 12, 18), alone) < 1e-6);
    CHECK(model->pose_tokens({}, 4, grid).sizes() == torch::IntArrayRef({1, 24, 48}));
}

TEST_CASE("weights in bfloat16 say nearly the same") {
    torch::NoGradGuard no_grad;
    const DitConfig config = small_config();
    DitModel model = trained_model(config);
    const DitPass pass = small_pass(config, 2, 5);
    const Tensor exact = model->forward(pass).flatten();
    model->to(torch::kBFloat16);
    model->prepare_for_inference();
    const Tensor rough = model->forward(pass).to(torch::kFloat).flatten();
    CHECK(torch::cosine_similarity(exact, rough, 0).item<double>() > 0.995);
}

TEST_CASE("a style vector ignores padding and has a fixed length") {
    torch::NoGradGuard no_grad;
    StyleEncoder encoder(StyleEncoderConfig{.motion = 12, .width = 16, .layers = 2, .heads = 2, .style = 9, .longest = 20});
    const Tensor motion = golden::input("motion", {2, 10, 12});
    const Tensor style = encoder->forward(motion, {});
    REQUIRE(style.sizes() == torch::IntArrayRef({2, 9}));
    CHECK((style.norm(2, -1) - 3).abs().max().item<double>() < 1e-5);
    const Tensor padded = torch::cat({motion, torch::full({2, 5, 12}, 7.0)}, 1);
    const Tensor valid = torch::arange(15).lt(10).expand({2, 15});
    CHECK(largest_difference(encoder->forward(padded, valid), style) < 1e-5);
    CHECK(largest_difference(encoder->forward(padded, {}), style) > 1e-3);
    CHECK_THROWS(encoder->forward(torch::zeros({1, 21, 12}), {}));
}

TEST_CASE("names of published single files become ours") {
    CHECK(transformer_name_of_single_file("model.diffusion_model.patchify_proj.weight") == "proj_in.weight");
    CHECK(transformer_name_of_single_file("model.diffusion_model.adaln_single.emb.timestep_embedder.linear_1.bias") ==
          "time_embed.emb.timestep_embedder.linear_1.bias");
    CHECK(transformer_name_of_single_file("model.diffusion_model.transformer_blocks.27.attn2.k_norm.weight") ==
          "transformer_blocks.27.attn2.norm_k.weight");
    CHECK(transformer_name_of_single_file("model.diffusion_model.transformer_blocks.3.ff.net.0.proj.bias") ==
          "transformer_blocks.3.ff.net.0.proj.bias");
    CHECK_FALSE(transformer_name_of_single_file("vae.decoder.conv_in.conv.weight").has_value());
}

TEST_CASE("the transformer's configuration survives a round trip and refuses nonsense") {
    DitConfig config = small_config();
    config.grid.fps = {30000, 1001};
    config.context.history = StreamHistory::step_matched;
    CHECK(to_json(dit_config_from_json(to_json(config), "bundle.json")) == to_json(config));
    CHECK(dit_config_from_json({{"num_layers", 4}, {"norm_elementwise_affine", false}, {"caption_channels", nullptr}}, "x").num_layers == 4);
    CHECK_THROWS_AS(dit_config_from_json({{"num_layers", 0}}, "bundle.json"), Error);
    CHECK_THROWS_AS(dit_config_from_json({{"num_layers", "many"}}, "bundle.json"), Error);
    CHECK_THROWS_AS(dit_config_from_json({{"num_attention_heads", 1}, {"attention_head_dim", 4}, {"cross_attention_dim", 4}}, "bundle.json"), Error);
    CHECK_THROWS_AS(dit_config_from_json({{"cross_attention_dim", 7}}, "bundle.json"), Error);
    CHECK_THROWS_AS(dit_config_from_json({{"context", {{"mode", "sideways"}}}}, "bundle.json"), Error);
    CHECK_THROWS_AS(dit_config_from_json({{"part_tokens", 3}, {"pose", {{"tokens", {5}}}}}, "bundle.json"), Error);
}
