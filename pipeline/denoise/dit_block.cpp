#include "denoise/dit_block.h"

#include <cmath>

#include "ops/tensor_table.h"

namespace mirrorme {

using torch::Tensor;

namespace {

/// projection(norm(x) (1 + scale) + shift); norm and rows of e4m3 are one operation where the layer takes those.
template <class Layer, class Projection>
auto projected(Layer& layer, const Tensor& x, const Tensor& scale, const Tensor& shift, double eps, Projection projection) {
    return layer->quantised() ? projection(modulated_norm_rows(x, scale, shift, eps)) : projection(modulated_rms_norm(x, scale, shift, eps));
}

}  // namespace

DitBlockImpl::DitBlockImpl(const DitConfig& config, int layer) : norm_eps_(config.norm_eps) {
    const int64_t width = config.width(), heads = config.num_attention_heads;
    scale_shift_table = register_parameter("scale_shift_table", torch::randn({6, width}) / std::sqrt(static_cast<double>(width)));
    if (config.norm_elementwise_affine) {
        norm1 = register_module("norm1", NormWeight(width));
        norm2 = register_module("norm2", NormWeight(width));
    }
    attn1 = register_module("attn1", DitAttention(width, heads, width));
    if (config.caption_channels > 0) attn2 = register_module("attn2", DitAttention(width, heads, config.cross_attention_dim));
    if (config.adapter.enabled) audio_adapter = register_module("audio_adapter", AudioAdapter(config, layer));
    ff = register_module("ff", FeedForward(width));
}

Tensor DitBlockImpl::forward(Tensor x, const BlockPass& pass) {
    if (pass.perturbation == Perturbation::block_skip) return x;
    const auto gate = [&m = pass.modulation](int64_t row) { return m.select(2, row); };  // [B, G, D]

    x = gated_add(x, attend_self(x, pass), gate(2));
    if (pass.text != nullptr) {
        const Tensor q = weighted_rms_norm(attn2->queries(x), attn2->q_weight(), kQkNormEps);
        x = x + attn2->attend(q, pass.text->k, pass.text->v, pass.text_mask);
    } else if (pass.text_row.defined()) {
        x = torch::GradMode::is_enabled() ? x + pass.text_row : x.add_(pass.text_row);
    }
    if (pass.audio_tokens != nullptr) x = listen(x, pass);
    const Modulation m = modulation_of(pass, 3, norm2);
    return gated_add(x, projected(ff, x, m.scale, m.shift, norm_eps_, [this](const auto& u) { return ff->forward(u); }), gate(5));
}

/// A norm's weight goes into the scale: n w (1 + s) + b = n (1 + (w (1 + s) - 1)) + b.
DitBlockImpl::Modulation DitBlockImpl::modulation_of(const BlockPass& pass, int64_t first_row, const NormWeight& norm) const {
    const Tensor shift = pass.modulation.select(2, first_row), scale = pass.modulation.select(2, first_row + 1);
    if (norm.is_empty()) return {scale, shift};
    return {norm->weight * (1 + scale) - 1, shift.contiguous()};
}

void DitBlockImpl::quantise() {
    attn1->quantise();
    ff->quantise();
}

void DitBlockImpl::give_up_text() {
    unregister_module("attn2");
    attn2 = nullptr;
}

Tensor DitBlockImpl::attend_self(const Tensor& x, const BlockPass& pass) {
    const auto [scale, shift] = modulation_of(pass, 0, norm1);
    if (pass.perturbation == Perturbation::attention_skip) return modulated_rms_norm(x, scale, shift, norm_eps_);
    const DitAttentionImpl::Projected p = projected(attn1, x, scale, shift, norm_eps_, [this](const auto& u) { return attn1->project(u); });
    if (pass.perturbation == Perturbation::attention_values) return attn1->project_out(p.v);
    if (pass.workspace != nullptr && has_table(x.device()))
        if (const Tensor out = attend_in_place(p, pass); out.defined()) return out;
    const Tensor q = normed_rope(p.q, attn1->q_weight(), kQkNormEps, *pass.rope);
    const Tensor k = weighted_rms_norm(p.k, attn1->k_weight(), kQkNormEps);
    if (pass.record != nullptr) *pass.record = {k, p.v};
    if (pass.keep_k.defined()) Tensor(pass.keep_k).copy_(k);
    if (pass.workspace == nullptr) return attn1->attend(q, apply_rope(k, *pass.rope), p.v, pass.mask);

    const AttentionWorkspace& w = *pass.workspace;
    const int64_t own = k.size(1), all = w.context + own;
    apply_rope_into(w.k.narrow(1, w.context, own), k, *pass.rope);
    w.v.narrow(1, w.context, own).copy_(p.v);
    return attn1->attend(q, w.k.narrow(1, 0, all), w.v.narrow(1, 0, all), pass.mask);
}

/// One operation between the projections and the attention; undefined where the device has none for these tensors.
Tensor DitBlockImpl::attend_in_place(const DitAttentionImpl::Projected& p, const BlockPass& pass) {
    const AttentionWorkspace& w = *pass.workspace;
    const int64_t own = p.q.size(1), all = w.context + own;
    fused::QkvTargets to{.q = torch::empty(p.q.sizes(), p.q.options()), .k = w.k.narrow(1, w.context, own), .v = w.v.narrow(1, w.context, own), .k_plain = pass.keep_k};
    if (pass.record != nullptr && !to.k_plain.defined()) to.k_plain = torch::empty(p.k.sizes(), p.k.options());
    const fused::Qkv in{.q = p.q, .k = p.k, .v = p.v, .q_weight = attn1->q_weight(), .k_weight = attn1->k_weight(), .eps = kQkNormEps, .rope = pass.rope};
    if (!fused::normed_rope(in, to)) return {};
    if (pass.record != nullptr) *pass.record = {to.k_plain, to.v};
    return attn1->attend(to.q, w.k.narrow(1, 0, all), w.v.narrow(1, 0, all), pass.mask);
}

Tensor DitBlockImpl::listen(Tensor x, const BlockPass& pass) {
    const Tensor heard = audio_adapter->hear(x, *pass.audio_tokens, *pass.audio);
    const int64_t first = pass.audio->first_token;
    if (!torch::GradMode::is_enabled()) {
        x.narrow(1, first, x.size(1) - first).add_(heard);
        return x;
    }
    return first == 0 ? x + heard : x + torch::constant_pad_nd(heard, {0, 0, first, 0});
}

}  // namespace mirrorme
