#pragma once
// The layers of an LTX transformer block. Parameter names are those of the diffusers layout of the published files.
// Source: diffusers transformer_ltx.py, embeddings.py, attention.py; formulas restated where they are computed.

#include <torch/torch.h>

#include <utility>

#include "denoise/dit_config.h"
#include "ops/fp8_linear.h"
#include "ops/norm_rope.h"

namespace mirrorme {

/// [cos | sin] of s * 10000^(-i/128), i in 0..127, float32: s [R] (in 0..1000) -> [R, 256].
torch::Tensor timestep_sinusoid(const torch::Tensor& s);

/// A norm's weight under its published name.
class NormWeightImpl : public torch::nn::Module {
public:
    explicit NormWeightImpl(int64_t width) { weight = register_parameter("weight", torch::ones({width})); }
    torch::Tensor weight;
};
TORCH_MODULE(NormWeight);

/// linear_2(act(linear_1(x))).
class TwoLinearImpl : public torch::nn::Module {
public:
    enum class Activation { silu, gelu_tanh };
    TwoLinearImpl(int64_t in, int64_t out, Activation activation);
    torch::Tensor forward(const torch::Tensor& x);

private:
    Activation activation_;
    torch::nn::Linear linear_1{nullptr}, linear_2{nullptr};
};
TORCH_MODULE(TwoLinear);

/// The two vectors a time becomes: `embedded` e drives the head, `modulation` a = linear(SiLU(e)) the blocks.
struct TimeRows {
    torch::Tensor embedded;    // [R, D]
    torch::Tensor modulation;  // [R, 6 D]
};

class TimeEmbeddingImpl : public torch::nn::Module {
public:
    explicit TimeEmbeddingImpl(int64_t width);
    /// s [R] float32 in 0..1000, one row a value.
    TimeRows forward(const torch::Tensor& s);

    torch::nn::Linear linear{nullptr};

private:
    TwoLinear timestep_embedder{nullptr};
};
TORCH_MODULE(TimeEmbedding);

/// Keys and values of one attention, [B, M, D]; keys normalised, not yet rotated.
struct KeysValues {
    torch::Tensor k, v;
};

/// Multi-head attention with normalised queries and keys. It only projects: what is rotated, cached or masked is the caller's.
class DitAttentionImpl : public torch::nn::Module {
public:
    DitAttentionImpl(int64_t width, int64_t heads, int64_t source_width);

    struct Projected {
        torch::Tensor q, k, v;  // as the linears give them, [B, N, D]
    };
    /// Queries, keys and values of the same tokens; one matrix product after fuse().
    Projected project(const torch::Tensor& x);
    Projected project(const Fp8Rows& x);
    torch::Tensor queries(const torch::Tensor& x) { return to_q->forward(x); }
    /// Normalised keys, and values.
    KeysValues keys_values(const torch::Tensor& source);
    /// What attend() gives every query where the source [B, 1, .] is the only one to see: [B, 1, D].
    torch::Tensor value_of_one(const torch::Tensor& source) { return out_->forward(to_v->forward(source)); }
    /// softmax(q kT / sqrt(d) + mask) v, heads split and joined, then to_out. mask: boolean (true = sees) or additive, broadcast to
    /// [B, heads, N, M]; undefined = sees all.
    torch::Tensor attend(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v, const torch::Tensor& mask);
    torch::Tensor project_out(const torch::Tensor& x) { return out_->forward(x); }

    /// Makes to_q, to_k and to_v rows of one matrix, so that project() is one product. They keep their names and may still be
    /// loaded into; moving the module to another device or type undoes it. Done already: nothing happens.
    void fuse();
    /// project() multiplies e4m3 from now on; the weights of to_q, to_k and to_v are given up. For self-attention.
    void quantise();
    bool quantised() const { return fp8_.defined(); }

    /// The linears that keys_values() multiplies with, for whoever joins those of several attentions.
    torch::nn::Linear& to_keys() { return to_k; }
    torch::nn::Linear& to_values() { return to_v; }

    const torch::Tensor& q_weight() const { return norm_q->weight; }
    const torch::Tensor& k_weight() const { return norm_k->weight; }
    int64_t heads() const { return heads_; }
    /// The last linear, for whoever wants it to start at zero.
    torch::nn::Linear& out() { return out_; }

private:
    int64_t heads_;
    NormWeight norm_q{nullptr}, norm_k{nullptr};
    torch::nn::Linear to_q{nullptr}, to_k{nullptr}, to_v{nullptr}, out_{nullptr};
    torch::nn::ModuleList to_out{nullptr};
    bool fused() const;

    torch::Tensor fused_weight_, fused_bias_;
    Fp8Rows fp8_;  // rows of q, k, v
};
TORCH_MODULE(DitAttention);

inline constexpr double kQkNormEps = 1e-5;

/// net.2(GELU_tanh(net.0.proj(x))), four times as wide inside.
class FeedForwardImpl : public torch::nn::Module {
public:
    explicit FeedForwardImpl(int64_t width);
    torch::Tensor forward(const torch::Tensor& x);
    torch::Tensor forward(const Fp8Rows& x);

    /// Both products are of e4m3 from now on; their weights are given up.
    void quantise();
    bool quantised() const { return fp8_in_.defined(); }

private:
    torch::nn::ModuleList net{nullptr};
    torch::nn::Linear in_{nullptr}, out_{nullptr};
    Fp8Rows fp8_in_, fp8_out_;
};
TORCH_MODULE(FeedForward);

}  // namespace mirrorme
