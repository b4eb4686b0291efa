#include "denoise/dit_layers.h"

#include <cmath>

#include "denoise/joined_parameters.h"
#include "ops/tensor_table.h"

namespace mirrorme {
using torch::Tensor;

namespace {

/// The weight's memory, when its rows are elsewhere; the bias stays.
void give_up(torch::nn::Linear& linear) { linear->weight.set_data(torch::empty({0, linear->weight.size(1)}, linear->weight.options())); }

}  // namespace

Tensor timestep_sinusoid(const Tensor& s) {
    constexpr int64_t kHalf = 128;
    const Tensor index = torch::arange(kHalf, s.options().dtype(torch::kFloat));
    const Tensor angle = s.to(torch::kFloat).unsqueeze(-1) * torch::exp(index * (-std::log(10000.0) / kHalf));
    return torch::cat({angle.cos(), angle.sin()}, -1);
}

TwoLinearImpl::TwoLinearImpl(int64_t in, int64_t out, Activation activation) : activation_(activation) {
    linear_1 = register_module("linear_1", torch::nn::Linear(in, out));
    linear_2 = register_module("linear_2", torch::nn::Linear(out, out));
}

Tensor TwoLinearImpl::forward(const Tensor& x) {
    const Tensor h = linear_1->forward(x);
    return linear_2->forward(activation_ == Activation::silu ? torch::silu(h) : torch::gelu(h, "tanh"));
}

TimeEmbeddingImpl::TimeEmbeddingImpl(int64_t width) {
    auto emb = register_module("emb", std::make_shared<torch::nn::Module>());
    timestep_embedder = emb->register_module("timestep_embedder", TwoLinear(256, width, TwoLinearImpl::Activation::silu));
    linear = register_module("linear", torch::nn::Linear(width, 6 * width));
}

TimeRows TimeEmbeddingImpl::forward(const Tensor& s) {
    TimeRows rows;
    rows.embedded = timestep_embedder->forward(timestep_sinusoid(s).to(linear->weight.scalar_type()));
    rows.modulation = linear->forward(torch::silu(rows.embedded));
    return rows;
}

DitAttentionImpl::DitAttentionImpl(int64_t width, int64_t heads, int64_t source_width) : heads_(heads) {
    norm_q = register_module("norm_q", NormWeight(width));
    norm_k = register_module("norm_k", NormWeight(width));
    to_q = register_module("to_q", torch::nn::Linear(width, width));
    to_k = register_module("to_k", torch::nn::Linear(source_width, width));
    to_v = register_module("to_v", torch::nn::Linear(source_width, width));
    to_out = register_module("to_out", torch::nn::ModuleList());
    out_ = torch::nn::Linear(width, width);
    to_out->push_back(out_);
}

bool DitAttentionImpl::fused() const {
    return are_joined(fused_weight_, {to_q->weight, to_k->weight, to_v->weight});
}

// Streams share the model, and work that one of them recorded (ops/captured_work.h) speaks of the weights' memory: it stays where it is.
void DitAttentionImpl::fuse() {
    if (fused() || quantised()) return;
    const c10::InferenceMode normal_tensors(false);  // parameters cannot hold inference tensors
    torch::NoGradGuard no_grad;
    fused_weight_ = join_parameters({to_q->weight, to_k->weight, to_v->weight}).flatten(0, 1);
    fused_bias_ = join_parameters({to_q->bias, to_k->bias, to_v->bias}).flatten();
}

DitAttentionImpl::Projected DitAttentionImpl::project(const Tensor& x) {
    if (quantised()) return project(fp8_rows(x));
    if (!fused() || torch::GradMode::is_enabled()) return {to_q->forward(x), to_k->forward(x), to_v->forward(x)};
    const std::vector<Tensor> parts = torch::linear(x, fused_weight_, fused_bias_).chunk(3, -1);
    return {parts[0], parts[1], parts[2]};
}

DitAttentionImpl::Projected DitAttentionImpl::project(const Fp8Rows& x) {
    const std::vector<Tensor> parts = fp8_product(x, fp8_, fused_bias_, fused_bias_.scalar_type()).chunk(3, -1);
    return {parts[0], parts[1], parts[2]};
}

void DitAttentionImpl::quantise() {
    if (quantised()) return;
    fuse();
    const c10::InferenceMode normal_tensors(false);
    const torch::NoGradGuard no_grad;
    fp8_ = fp8_rows(fused_weight_);
    fused_weight_ = Tensor();
    for (torch::nn::Linear* linear : {&to_q, &to_k, &to_v}) give_up(*linear);
}

KeysValues DitAttentionImpl::keys_values(const Tensor& source) {
    return {weighted_rms_norm(to_k->forward(source), norm_k->weight, kQkNormEps), to_v->forward(source)};
}

Tensor DitAttentionImpl::attend(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
    const auto split = [this](const Tensor& t) { return t.unflatten(-1, {heads_, t.size(-1) / heads_}).transpose(1, 2); };
    std::optional<Tensor> bias;
    if (mask.defined()) bias = mask;
    const Tensor mixed = torch::scaled_dot_product_attention(split(q), split(k), split(v), bias);
    return out_->forward(mixed.transpose(1, 2).flatten(2));
}

FeedForwardImpl::FeedForwardImpl(int64_t width) {
    auto first = std::make_shared<torch::nn::Module>();
    in_ = first->register_module("proj", torch::nn::Linear(width, 4 * width));
    out_ = torch::nn::Linear(4 * width, width);
    net = register_module("net", torch::nn::ModuleList());
    net->push_back(first);
    net->push_back(torch::nn::Identity());
    net->push_back(out_);
}

Tensor FeedForwardImpl::forward(const Tensor& x) {
    if (quantised()) return forward(fp8_rows(x));
    if (has_table(x.device()) && !torch::GradMode::is_enabled())
        if (const Tensor h = torch::linear(x, in_->weight); fused::gelu(h, in_->bias)) return out_->forward(h);
    Tensor h = in_->forward(x);
    h = torch::GradMode::is_enabled() ? torch::gelu(h, "tanh") : torch::gelu_(h, "tanh");
    return out_->forward(h);
}

Tensor FeedForwardImpl::forward(const Fp8Rows& x) {
    const torch::ScalarType type = in_->bias.scalar_type();
    return fp8_product(gelu_rows(fp8_product(x, fp8_in_, {}, type), in_->bias), fp8_out_, out_->bias, type);
}

void FeedForwardImpl::quantise() {
    if (quantised()) return;
    const c10::InferenceMode normal_tensors(false);
    const torch::NoGradGuard no_grad;
    fp8_in_ = fp8_rows(in_->weight.detach());
    fp8_out_ = fp8_rows(out_->weight.detach());
    give_up(in_);
    give_up(out_);
}

}  // namespace mirrorme
