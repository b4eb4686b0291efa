#pragma once
// Golden rows of the public LTX transformer with the fill of golden_fill.h, recorded from the public classes.

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <string>
#include <utility>
#include <vector>

#include "denoise/dit_model.h"
#include "support/golden_fill.h"

namespace mirrorme::golden {

struct Row {
    const char* name;
    double first[6], last[3], sum, magnitude;
};

struct TransformerCase {
    DitModel model{nullptr};
    int frames, height, width, text_tokens;
    std::vector<Row> rows;
};

inline void check_row(const torch::Tensor& tensor, const Row& row) {
    INFO(row.name);
    const torch::Tensor flat = tensor.detach().to(torch::kDouble).contiguous().flatten();
    for (int i = 0; i < 6; ++i) CHECK(flat[i].item<double>() == Catch::Approx(row.first[i]).margin(1e-4));
    for (int i = 0; i < 3; ++i) CHECK(flat[flat.numel() - 3 + i].item<double>() == Catch::Approx(row.last[i]).margin(1e-4));
    const double n = static_cast<double>(flat.numel());
    CHECK(flat.sum().item<double>() == Catch::Approx(row.sum).margin(1e-5 * n + 1e-3));
    CHECK(flat.abs().sum().item<double>() == Catch::Approx(row.magnitude).margin(1e-5 * n + 1e-3));
}

inline TransformerCase tiny_transformer() {
    DitConfig config = ltx_2b_config();
    config.num_layers = 2;
    config.num_attention_heads = 4;
    config.attention_head_dim = 16;
    config.in_channels = config.out_channels = 8;
    config.cross_attention_dim = 64;
    config.caption_channels = 32;
    TransformerCase tiny{DitModel(config), 3, 2, 3, 5, {
        {"proj_in", {.43476, -.87554, -1.10155, -.55364, -.40724, .25575}, {-.38814, -1.80409, -1.37512}, -20.9676, 520.6061},
        {"caption_projection", {-.04382, -.25683, -.32070, -.41378, -.42206, .00719}, {.35622, -.52256, .04157}, -5.3019, 86.0153},
        {"output", {.34625, .09194, .02112, 1.68673, .87767, 1.12179}, {.62918, -.40714, .15222}, 27.5028, 100.0854},
        {"output, a time per token", {-1.42213, -.86910, .54862, 2.32792, -1.03060, 1.34832}, {.60650, -.40850, .20462}, 16.6973, 115.7943},
        {"output, no causal fix", {.38278, -.02775, .03701, 1.70814, .90785, 1.11198}, {.65777, -.40214, .16867}, 27.5188, 100.1193},
        {"times of the blocks", {-.10210, -.13990, -.26279, -.39431, -.27935, .11771}, {.52154, -.08993, -.23879}, -.1116, 67.7559},
        {"after the first block", {.15555, -1.08266, -.54441, -1.23366, -1.55035, .21275}, {-.21760, -1.62999, -2.11658}, -110.2756, 606.3042}}};
    fill(*tiny.model);
    return tiny;
}

inline TransformerCase wide_transformer() {
    DitConfig config = ltx_2b_config();
    config.num_layers = 2;
    TransformerCase wide{DitModel(config), 3, 4, 4, 16, {
        {"proj_in", {.23498, -.51155, 1.26148, -.04178, -1.25420, -.23755}, {-.36149, -.78418, .03819}, 176.2313, 45635.7798},
        {"caption_projection", {.06684, -.03143, -.21143, .07911, -.44820, -.21361}, {.58857, -.01360, -.10054}, -52.9959, 9017.5816},
        {"output", {-.70424, -1.03146, .76886, -.82247, -1.42812, -1.42617}, {.08182, -.05746, 1.49049}, -313.6458, 5412.4494},
        {"output, a time per token", {.55744, -.17959, .24862, -.30530, -.80382, -1.54037}, {.07959, -.05081, 1.41146}, -153.2278, 5472.9648},
        {"output, no causal fix", {-.61112, -.93081, .72183, -.80116, -1.37500, -1.47894}, {-.00444, -.07325, 1.51424}, -314.6096, 5411.4052},
        {"times of the blocks", {.14268, -.23360, -.36433, .16144, -.21362, -.13084}, {.36491, -.28536, .23183}, 9.9285, 2123.0943},
        {"after the first block", {.93592, -.42213, 1.45468, .22387, -1.45350, .02621}, {-.35014, -.74212, .33602}, 352.5967, 49841.6292}}};
    fill(*wide.model);
    return wide;
}

/// tokens, coordinates with or without the causal fix, 25 fps, mask with the last two text tokens off, time 0.7.
inline LtxPass transformer_input(const TransformerCase& c, FirstLatent start) {
    const DitConfig& config = c.model->config();
    const int64_t tokens = int64_t{1} * c.frames * c.height * c.width;
    std::vector<double> numbers;
    for (int i = 0; i < c.frames; ++i) numbers.push_back(frame_number(i, start, config.grid.temporal));
    LtxPass pass;
    pass.tokens = input("in.hidden", {1, tokens, config.in_channels});
    pass.text = input("in.text", {1, c.text_tokens, config.caption_channels});
    pass.text_mask = torch::ones({1, c.text_tokens});
    pass.text_mask.slice(1, c.text_tokens - 2).zero_();
    pass.coordinates = token_coordinates(numbers, {.h = c.height, .w = c.width}, config);
    pass.timestep = torch::full({1}, 700.0);
    return pass;
}

/// The same pass through the first block alone: a model of one block with the same names has the same weights.
inline torch::Tensor after_first_block(const TransformerCase& c, const LtxPass& pass) {
    DitConfig config = c.model->config();
    config.num_layers = 1;
    DitModel one(config);
    fill(*one);
    const TextContext text = one->text_context(pass.text, pass.text_mask);
    DitRun run;
    run.times = one->times(pass.timestep.unsqueeze(1), {}, pass.tokens.size(1));
    run.rope = rope_table(pass.coordinates, config);
    run.text = &text;
    return one->run(one->embed_frames(tokens_to_latents(pass.tokens, {.h = c.height, .w = c.width}), {}), run);
}

inline void check_transformer(const TransformerCase& c) {
    DitModel model = c.model;
    LtxPass pass = transformer_input(c, FirstLatent::still);
    const int64_t cells = int64_t{1} * c.height * c.width, tokens = pass.tokens.size(1);
    check_row(model->embed_frames(tokens_to_latents(pass.tokens, {.h = c.height, .w = c.width}), {}), c.rows[0]);
    // Keys and values of the text are made from its projection; the projection itself is the first module of that path.
    const auto children = model->named_modules();
    check_row(children["caption_projection"]->as<TwoLinear>()->forward(pass.text), c.rows[1]);
    check_row(model->forward_tokens(pass), c.rows[2]);
    check_row(children["time_embed"]->as<TimeEmbedding>()->forward(pass.timestep).modulation, c.rows[5]);
    check_row(after_first_block(c, pass), c.rows[6]);
    pass.timestep = torch::full({1, tokens}, 700.0);
    pass.timestep.slice(1, 0, cells).zero_();
    check_row(model->forward_tokens(pass), c.rows[3]);
    check_row(model->forward_tokens(transformer_input(c, FirstLatent::moving)), c.rows[4]);
}

}  // namespace mirrorme::golden
