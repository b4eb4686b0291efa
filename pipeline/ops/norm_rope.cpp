#include "ops/norm_rope.h"

#include <ATen/Parallel.h>

#include <cmath>

#include "ops/tensor_table.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr int64_t kGrain = 64;  // rows a thread takes at least

bool recording(const Tensor& t) { return torch::GradMode::is_enabled() && t.requires_grad(); }

bool one_pass(const Tensor& x) { return x.is_cpu() && x.scalar_type() == torch::kFloat && x.stride(-1) == 1; }

/// Modulation rows broadcast over tokens: [B, G, D] -> [B, G, 1, D], beside x [B, G, N/G, D].
Tensor grouped(const Tensor& x, const Tensor& rows) {
    return x.view({x.size(0), rows.size(1), x.size(1) / rows.size(1), x.size(2)});
}

/// Calls row(out, in, index of the row in [0, B*N)) for every row of x [B, N, D], any strides but the last.
template <typename Row>
void each_row(const Tensor& out, const Tensor& x, Row row) {
    const int64_t batch = x.size(0), tokens = x.size(1);
    float* to = out.mutable_data_ptr<float>();
    const float* from = x.const_data_ptr<float>();
    const int64_t to_batch = out.stride(0), to_token = out.stride(1), from_batch = x.stride(0), from_token = x.stride(1);
    at::parallel_for(0, batch * tokens, kGrain, [&](int64_t first, int64_t end) {
        for (int64_t i = first; i < end; ++i) {
            const int64_t b = i / tokens, n = i % tokens;
            row(to + b * to_batch + n * to_token, from + b * from_batch + n * from_token, i);
        }
    });
}

/// Eight running sums, so that the compiler may use vector registers without reordering a sum on its own.
float inverse_rms(const float* x, int64_t width, double eps) {
    float sums[8] = {};
    int64_t c = 0;
    for (; c + 8 <= width; c += 8)
        for (int64_t i = 0; i < 8; ++i) sums[i] += x[c + i] * x[c + i];
    double sum = 0;
    for (const float s : sums) sum += static_cast<double>(s);
    for (; c < width; ++c) sum += static_cast<double>(x[c]) * static_cast<double>(x[c]);
    return static_cast<float>(1 / std::sqrt(sum / static_cast<double>(width) + eps));
}

void rotate(float* to, const float* from, const float* cos, const float* sin, int64_t width) {
    for (int64_t c = 0; c + 1 < width; c += 2) {
        const float even = from[c], odd = from[c + 1];
        to[c] = even * cos[c] - odd * sin[c];
        to[c + 1] = odd * cos[c + 1] + even * sin[c + 1];
    }
}

struct TableRows {
    const float *cos, *sin;
    int64_t batch_stride, tokens, width;

    explicit TableRows(const RopeTable& table)
        : cos(table.cos.const_data_ptr<float>()),
          sin(table.sin.const_data_ptr<float>()),
          batch_stride(table.cos.dim() == 3 && table.cos.size(0) > 1 ? table.cos.stride(0) : 0),
          tokens(table.cos.size(-2)),
          width(table.cos.size(-1)) {}
    int64_t at(int64_t row) const { return row / tokens * batch_stride + row % tokens * width; }
};

bool dense(const RopeTable& table) {
    return table.cos.is_cpu() && table.cos.stride(-1) == 1 && table.cos.stride(-2) == table.cos.size(-1) &&
           table.sin.strides() == table.cos.strides();
}

/// x [..., N, D] as [B', N, D] without copying; undefined where the strides do not allow it.
Tensor three_axes(const Tensor& x) {
    if (x.dim() == 3) return x;
    if (x.dim() == 2) return x.unsqueeze(0);
    if (x.dim() == 4 && (x.size(0) == 1 || x.size(1) == 1)) return x.size(1) == 1 ? x.squeeze(1) : x.squeeze(0);
    return x.is_contiguous() ? x.view({-1, x.size(-2), x.size(-1)}) : Tensor();
}

/// The device's own, of one tensor [B, N, D]; undefined where it has none.
Tensor fused_rope(const Tensor& x, const Tensor& weight, double eps, const RopeTable* table) {
    if (!has_table(x.device()) || torch::GradMode::is_enabled()) return {};
    const Tensor out = torch::empty(x.sizes(), x.options());
    return fused::normed_rope({.q = x, .q_weight = weight, .eps = eps, .rope = table}, {.q = out}) ? out : Tensor();
}

}  // namespace

RopeTable RopeTable::rows(int64_t first, int64_t count) const {
    return {cos.narrow(-2, first, count), sin.narrow(-2, first, count)};
}

Tensor rms_norm(const Tensor& x, double eps) {
    if (const Tensor out = fused::modulated_norm(x, {}, {}, eps); out.defined()) return out;
    if (one_pass(x) && !recording(x) && x.dim() == 3) {
        Tensor out = torch::empty(x.sizes(), x.options());
        const int64_t width = x.size(2);
        each_row(out, x, [=](float* to, const float* from, int64_t) {
            const float inverse = inverse_rms(from, width, eps);
            for (int64_t c = 0; c < width; ++c) to[c] = from[c] * inverse;
        });
        return out;
    }
    const Tensor wide = x.to(torch::kFloat);
    return (wide * torch::rsqrt(wide.square().mean(-1, true) + eps)).to(x.scalar_type());
}

Tensor modulated_rms_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps) {
    if (const Tensor out = fused::modulated_norm(x, scale, shift, eps); out.defined()) return out;
    const int64_t groups = scale.size(1), per_group = x.size(1) / groups;
    if (one_pass(x) && one_pass(scale) && one_pass(shift) && !recording(x) && !recording(scale) && scale.strides() == shift.strides()) {
        Tensor out = torch::empty(x.sizes(), x.options());
        const float *scales = scale.const_data_ptr<float>(), *shifts = shift.const_data_ptr<float>();
        const int64_t batch_stride = scale.size(0) > 1 ? scale.stride(0) : 0, group_stride = scale.stride(1);
        const int64_t tokens = x.size(1), width = x.size(2);
        each_row(out, x, [=](float* to, const float* from, int64_t row) {
            const int64_t at = row / tokens * batch_stride + row % tokens / per_group * group_stride;
            const float inverse = inverse_rms(from, width, eps);
            for (int64_t c = 0; c < width; ++c) to[c] = from[c] * inverse * (1 + scales[at + c]) + shifts[at + c];
        });
        return out;
    }
    const Tensor normed = rms_norm(x, eps).contiguous();
    return (grouped(normed, scale) * (1 + scale.unsqueeze(2)) + shift.unsqueeze(2)).view(x.sizes());
}

Tensor gated_add(Tensor x, const Tensor& y, const Tensor& gate) {
    if (fused::gated_add(x, y, gate)) return x;
    if (!torch::GradMode::is_enabled() && x.is_contiguous()) {
        grouped(x, gate).addcmul_(grouped(y, gate), gate.unsqueeze(2));
        return x;
    }
    return torch::addcmul(grouped(x, gate), grouped(y, gate), gate.unsqueeze(2)).view(x.sizes());
}

Tensor weighted_rms_norm(const Tensor& x, const Tensor& weight, double eps) {
    if (const Tensor out = fused_rope(x, weight, eps, nullptr); out.defined()) return out;
    if (one_pass(x) && one_pass(weight) && !recording(x) && !recording(weight) && x.dim() == 3) {
        Tensor out = torch::empty(x.sizes(), x.options());
        const float* w = weight.const_data_ptr<float>();
        const int64_t width = x.size(2);
        each_row(out, x, [=](float* to, const float* from, int64_t) {
            const float inverse = inverse_rms(from, width, eps);
            for (int64_t c = 0; c < width; ++c) to[c] = from[c] * inverse * w[c];
        });
        return out;
    }
    return rms_norm(x, eps) * weight;
}

Tensor apply_rope(const Tensor& x, const RopeTable& table) {
    const Tensor rows = three_axes(x);
    if (rows.defined())
        if (const Tensor out = fused_rope(rows, {}, 0, &table); out.defined()) return out.view(x.sizes());
    if (rows.defined() && one_pass(rows) && !recording(x) && dense(table)) {
        Tensor out = torch::empty(x.sizes(), x.options());
        apply_rope_into(out, x, table);
        return out;
    }
    const Tensor wide = x.to(torch::kFloat);
    const std::vector<Tensor> pair = wide.unflatten(-1, {-1, 2}).unbind(-1);
    const Tensor turned = torch::stack({-pair[1], pair[0]}, -1).flatten(-2);
    return (wide * table.cos + turned * table.sin).to(x.scalar_type());
}

void apply_rope_into(Tensor out, const Tensor& x, const RopeTable& table) {
    const Tensor from = three_axes(x), to = three_axes(out);
    if (from.defined() && to.defined() && fused::normed_rope({.k = from, .rope = &table}, {.k = to})) return;
    if (!from.defined() || !to.defined() || !one_pass(from) || !one_pass(to) || !dense(table)) {
        out.copy_(apply_rope(x, table));
        return;
    }
    const TableRows rows(table);
    each_row(to, from, [&rows](float* into, const float* row, int64_t index) {
        rotate(into, row, rows.cos + rows.at(index), rows.sin + rows.at(index), rows.width);
    });
}

Tensor normed_rope(const Tensor& x, const Tensor& weight, double eps, const RopeTable& table) {
    if (const Tensor out = fused_rope(x, weight, eps, &table); out.defined()) return out;
    if (!(one_pass(x) && one_pass(weight) && !recording(x) && !recording(weight) && x.dim() == 3 && dense(table)))
        return apply_rope(weighted_rms_norm(x, weight, eps), table);
    Tensor out = torch::empty(x.sizes(), x.options());
    const float* w = weight.const_data_ptr<float>();
    const TableRows rows(table);
    const int64_t width = x.size(2);
    each_row(out, x, [&](float* to, const float* from, int64_t index) {
        const float inverse = inverse_rms(from, width, eps);
        const float *cos = rows.cos + rows.at(index), *sin = rows.sin + rows.at(index);
        for (int64_t c = 0; c + 1 < width; c += 2) {
            const float even = from[c] * inverse * w[c], odd = from[c + 1] * inverse * w[c + 1];
            to[c] = even * cos[c] - odd * sin[c];
            to[c + 1] = odd * cos[c + 1] + even * sin[c + 1];
        }
    });
    return out;
}

}  // namespace mirrorme
