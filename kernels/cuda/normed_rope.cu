// Bound by memory: for q and k together an element moves 4 bytes in and 4 out (bfloat16), v 2 and 2 more, a plain k 2 out, and the
// table 8 in once for both. One block does q, k and v of a token, so that the table is read once and all loads are under way
// before the first reduction. As separate operations (norm, weight, float32, rotate, cast, copies) q and k pass memory some thirty times.

#include "kernels/cuda/operations.h"
#include "kernels/cuda/rows.h"

namespace mirrorme::kernels::cuda {
namespace {

template <typename T>
__device__ __forceinline__ const T* row_at(const RowView& rows, std::int64_t b, std::int64_t n) {
    return static_cast<const T*>(rows.at) + b * rows.batch_stride + n * rows.token_stride;
}
template <typename T>
__device__ __forceinline__ T* row_at(const RowTarget& rows, std::int64_t b, std::int64_t n) {
    return static_cast<T*>(rows.at) + b * rows.batch_stride + n * rows.token_stride;
}

template <typename T>
__device__ __forceinline__ void weigh(Line<T>& x, float inverse, const void* weights, int channel) {
    if (weights == nullptr) return;
    const Line<T> w = load_line(static_cast<const T*>(weights) + channel);
#pragma unroll
    for (int i = 0; i < kPerLine<T>; ++i) x.v[i] *= inverse * w.v[i];
}

template <typename T>
__device__ __forceinline__ Line<T> rotated(const Line<T>& x, const Line<T>& cos, const Line<T>& sin) {
    Line<T> out;
#pragma unroll
    for (int i = 0; i < kPerLine<T>; i += 2) {
        out.v[i] = x.v[i] * cos.v[i] - x.v[i + 1] * sin.v[i];
        out.v[i + 1] = x.v[i + 1] * cos.v[i] + x.v[i] * sin.v[i];
    }
    return out;
}

template <typename T, int kLines>
__global__ void __launch_bounds__(kRowThreads) norm_and_rotate(const NormedRope work) {
    const OwnRow row = own_row(work.batch * work.tokens);
    const std::int64_t b = row.index / static_cast<unsigned>(work.tokens), n = row.index % static_cast<unsigned>(work.tokens);
    const bool has_q = work.q.at != nullptr, has_k = work.k.at != nullptr;

    Line<T> q[kLines], k[kLines];
    load_row(row_at<T>(work.q, b, n), work.width, row.inside && has_q, q);
    load_row(row_at<T>(work.k, b, n), work.width, row.inside && has_k, k);
    if (work.v.at != nullptr && row.inside) {
        const T* from = row_at<T>(work.v, b, n);
        T* to = row_at<T>(work.v_out, b, n);
#pragma unroll
        for (int l = 0; l < kLines; ++l)
            if (const int c = channel_of<T>(l); c < work.width) put(reinterpret_cast<uint4*>(to + c), fetch(reinterpret_cast<const uint4*>(from + c)));
    }
    const float q_inverse = inverse_rms<0>(q, work.width, work.eps), k_inverse = inverse_rms<1>(k, work.width, work.eps);
    if (!row.inside || !(has_q || has_k)) return;  // nobody waits any more

    const std::int64_t table = b * work.table_batch_stride + n * work.width;
#pragma unroll
    for (int l = 0; l < kLines; ++l) {
        const int c = channel_of<T>(l);
        if (c >= work.width) continue;
        Line<T> cos, sin;
        if (work.cos != nullptr) {
            cos = load_floats<T>(work.cos + table + c);
            sin = load_floats<T>(work.sin + table + c);
        } else {
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) cos.v[i] = 1, sin.v[i] = 0;
        }
        if (has_q) {
            weigh(q[l], q_inverse, work.q_weight, c);
            store_line(row_at<T>(work.q_out, b, n) + c, rotated(q[l], cos, sin));
        }
        if (has_k) {
            weigh(k[l], k_inverse, work.k_weight, c);
            if (work.k_plain.at != nullptr) store_line(row_at<T>(work.k_plain, b, n) + c, k[l]);
            store_line(row_at<T>(work.k_out, b, n) + c, rotated(k[l], cos, sin));
        }
    }
}

}  // namespace

Refusal normed_rope(const NormedRope& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return launch_rows(stream, work, work.width, work.batch * work.tokens,
                       [](auto type, auto lines) { return norm_and_rotate<decltype(type), decltype(lines)::value>; });
}

}  // namespace mirrorme::kernels::cuda
