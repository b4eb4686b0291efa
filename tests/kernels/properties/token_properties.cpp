#include <algorithm>
#include <cmath>

#include "kernels/properties/trial.h"

namespace mirrorme::testing {
namespace {

using namespace mirrorme::kernels;

// float32 arithmetic over a row, and the device's approximate exponential.
constexpr double kSum = 4e-6;

struct Shape {
    Scalar type;
    std::int64_t batch, tokens, width, groups;
};

/// Every number of threads a row can have: part of a warp, a warp, some warps with idle lanes, several lines a thread.
Shape draw(Trial& trial) {
    Shape s{trial.one_of({Scalar::f32, Scalar::bf16, Scalar::f16}), trial.whole(1, 2), 0, 0, trial.whole(1, 3)};
    s.tokens = s.groups * trial.whole(1, 4);
    const std::int64_t per_line = 16 / bytes_of(s.type);
    const std::int64_t lines = trial.one_of<std::int64_t>({1, trial.whole(2, 32), trial.whole(33, 90), trial.whole(91, 300), trial.whole(513, 640)});
    s.width = lines * per_line;
    trial.describe(std::string(name_of(s.type)) + " [" + std::to_string(s.batch) + ", " + std::to_string(s.tokens) + ", " + std::to_string(s.width) + "], " +
                   std::to_string(s.groups) + " groups");
    return s;
}

/// Rows with gaps: strides that a slice of a wider tensor has.
struct Strides {
    std::int64_t token, batch;
    std::int64_t count(std::int64_t batches) const { return batches * batch; }
};
Strides strides(Trial& trial, const Shape& s, std::int64_t rows) {
    const std::int64_t per_line = 16 / bytes_of(s.type);
    const std::int64_t token = s.width + trial.whole(0, 2) * per_line;
    return {token, rows * token + trial.whole(0, 3) * per_line};
}
std::int64_t at(const Strides& strides, std::int64_t b, std::int64_t n, std::int64_t c) { return b * strides.batch + n * strides.token + c; }

double inverse_rms(const Tensor& x, std::int64_t first, std::int64_t width, double eps) {
    double sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += x[first + c] * x[first + c];
    return 1 / std::sqrt(sum / static_cast<double>(width) + eps);
}

/// `got` has gaps between its rows: they must hold what was there before (untouched outputs decode to NaN).
void gaps_untouched(Trial& trial, const char* label, const std::vector<double>& got, const Strides& strides, const Shape& s, std::int64_t rows) {
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t i = 0; i < strides.batch; ++i)
            if ((i / strides.token >= rows || i % strides.token >= s.width) && !std::isnan(got[static_cast<std::size_t>(b * strides.batch + i)]))
                trial.fail(std::string(label) + ": wrote between the rows");
}

}  // namespace

void check_modulated_norm(Trial& trial) {
    const Shape s = draw(trial);
    const Strides xs = strides(trial, s, s.tokens), ms = strides(trial, s, s.groups), outs = strides(trial, s, s.tokens);
    const bool modulated = trial.whole(0, 3) > 0, shared = trial.coin();  // shared: one modulation for the whole batch
    const Tensor x = trial.given("x", s.type, xs.count(s.batch), trial.one_of({1e-3, 1.0, 30.0}));
    const Tensor scale = trial.given("scale", s.type, ms.count(s.batch), 0.5), shift = trial.given("shift", s.type, ms.count(s.batch), 0.5);
    const Tensor out = trial.wanted("out", s.type, outs.count(s.batch));
    ModulatedNorm work{.type = s.type, .batch = s.batch, .tokens = s.tokens, .width = s.width, .groups = s.groups};
    work.x = {x.at(), xs.batch, xs.token};
    work.out = {out.at(), outs.batch, outs.token};
    if (modulated) work.scale = {scale.at(), shared ? 0 : ms.batch, ms.token}, work.shift = {shift.at(), shared ? 0 : ms.batch, ms.token};
    if (!trial.run(trial.operations().modulated_norm, work)) return;

    const std::vector<double> got = out.fetch();
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.tokens; ++n) {
            const double inverse = inverse_rms(x, at(xs, b, n, 0), s.width, 1e-6);
            for (std::int64_t c = 0; c < s.width; ++c) {
                const std::int64_t m = at(ms, shared ? 0 : b, n / (s.tokens / s.groups), c), i = at(outs, b, n, c);
                const double normed = x[at(xs, b, n, c)] * inverse, large = std::abs(normed) * (1 + std::abs(scale[m]));
                trial.close("out", i, got[static_cast<std::size_t>(i)], modulated ? normed * (1 + scale[m]) + shift[m] : normed, rounding(s.type),
                            kSum * (large + 1e-3));
            }
        }
    gaps_untouched(trial, "out", got, outs, s, s.tokens);
    // One pass: x once, the two rows of modulation once a token, the output once.
    const std::uint64_t row = static_cast<std::uint64_t>(s.batch * s.tokens * s.width * bytes_of(s.type));
    trial.moved(row * (modulated ? 3 : 1), row);
}

void check_normed_rope(Trial& trial) {
    const Shape s = draw(trial);
    const std::int64_t behind = trial.whole(0, 5);  // tokens before these in the cache
    const Strides in{3 * s.width, s.tokens * 3 * s.width}, cache = strides(trial, s, behind + s.tokens), dense{s.width, s.tokens * s.width};
    const bool has_q = trial.whole(0, 3) > 0, has_v = trial.coin(), plain = trial.coin(), turned = trial.whole(0, 3) > 0, shared_table = trial.coin();
    const bool weighed = trial.whole(0, 3) > 0;  // else only turned
    const bool has_k = !has_q || trial.whole(0, 3) > 0;
    const Tensor qkv = trial.given("qkv", s.type, in.count(s.batch), trial.one_of({1e-2, 1.0, 8.0}));  // as a fused projection leaves it
    const Tensor q_weight = trial.given("q weight", s.type, s.width), k_weight = trial.given("k weight", s.type, s.width);
    std::vector<double> angles(static_cast<std::size_t>((shared_table ? 1 : s.batch) * s.tokens * s.width));
    for (std::size_t i = 0; i < angles.size(); ++i) angles[i] = i % 2 == 1 ? angles[i - 1] : static_cast<double>(trial.whole(-3000, 3000)) / 1000;
    const auto angle = [&](std::int64_t i) { return angles[static_cast<std::size_t>(i)]; };
    const std::int64_t entries = static_cast<std::int64_t>(angles.size());
    const Tensor cos = trial.given("cos", Scalar::f32, entries, [&](std::int64_t i) { return std::cos(angle(i)); }, Use::input);
    const Tensor sin = trial.given("sin", Scalar::f32, entries, [&](std::int64_t i) { return std::sin(angle(i)); }, Use::input);
    const Tensor q_out = trial.wanted("q out", s.type, dense.count(s.batch)), k_plain = trial.wanted("k plain", s.type, dense.count(s.batch));
    const Tensor k_cache = trial.wanted("k cache", s.type, cache.count(s.batch)), v_cache = trial.wanted("v cache", s.type, cache.count(s.batch));

    const auto third = [&](int i) { return RowView{static_cast<const std::byte*>(qkv.at()) + i * s.width * bytes_of(s.type), in.batch, in.token}; };
    const auto cached = [&](const Tensor& t) { return RowTarget{static_cast<std::byte*>(t.at()) + behind * cache.token * bytes_of(s.type), cache.batch, cache.token}; };
    NormedRope work{.type = s.type, .batch = s.batch, .tokens = s.tokens, .width = s.width};
    if (weighed) work.q_weight = q_weight.at(), work.k_weight = k_weight.at();
    if (has_q) work.q = third(0), work.q_out = {q_out.at(), dense.batch, dense.token};
    if (has_k) work.k = third(1), work.k_out = cached(k_cache);
    if (has_k && plain) work.k_plain = {k_plain.at(), dense.batch, dense.token};
    if (has_v) work.v = third(2), work.v_out = cached(v_cache);
    if (turned) work.cos = static_cast<const float*>(cos.at()), work.sin = static_cast<const float*>(sin.at());
    if (turned && !shared_table) work.table_batch_stride = s.tokens * s.width;
    if (!trial.run(trial.operations().normed_rope, work)) return;

    const std::vector<double> q = q_out.fetch(), k = k_cache.fetch(), v = v_cache.fetch(), p = k_plain.fetch();
    const auto check_pair = [&](const char* label, const std::vector<double>& got, std::int64_t i, const double (&pair)[2], std::int64_t table) {
        const double co = turned ? cos[table] : 1, si = turned ? sin[table] : 0, size = std::abs(pair[0]) + std::abs(pair[1]);
        const double want[2] = {pair[0] * co - pair[1] * si, pair[1] * co + pair[0] * si};
        for (int j = 0; j < 2; ++j) trial.close(label, i + j, got[static_cast<std::size_t>(i + j)], want[j], rounding(s.type), kSum * (size + 1e-3));
    };
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.tokens; ++n) {
            const std::int64_t first = at(in, b, n, 0), table = (shared_table ? 0 : b) * s.tokens * s.width + n * s.width;
            const double q_inverse = weighed ? inverse_rms(qkv, first, s.width, 1e-5) : 1, k_inverse = weighed ? inverse_rms(qkv, first + s.width, s.width, 1e-5) : 1;
            const auto weight = [&](const Tensor& weights, std::int64_t c) { return weighed ? weights[c] : 1; };
            for (std::int64_t c = 0; c < s.width; c += 2) {
                const std::int64_t own = at(dense, b, n, c), there = at(cache, b, behind + n, c);
                const double qs[2] = {qkv[first + c] * q_inverse * weight(q_weight, c), qkv[first + c + 1] * q_inverse * weight(q_weight, c + 1)};
                const double ks[2] = {qkv[first + s.width + c] * k_inverse * weight(k_weight, c), qkv[first + s.width + c + 1] * k_inverse * weight(k_weight, c + 1)};
                if (has_q) check_pair("q", q, own, qs, table + c);
                if (has_k) check_pair("k", k, there, ks, table + c);
                for (std::int64_t j = 0; j < 2; ++j) {
                    if (has_k && plain) trial.close("plain k", own + j, p[static_cast<std::size_t>(own + j)], ks[j], rounding(s.type), kSum * (std::abs(ks[j]) + 1e-3));
                    if (has_v) trial.close("v", there + j, v[static_cast<std::size_t>(there + j)], qkv[first + 2 * s.width + c + j], 0, 0);
                }
            }
        }
    // Earlier tokens' keys and values stay as they were.
    for (const std::vector<double>* kept : {&k, &v})
        for (std::int64_t b = 0; b < s.batch; ++b)
            for (std::int64_t i = 0; i < behind * cache.token; ++i)
                if (!std::isnan((*kept)[static_cast<std::size_t>(b * cache.batch + i)])) trial.fail("wrote before its place in the cache");
    if (has_q) trial.all_written("q out", *q_out.place);
    const std::uint64_t rows = static_cast<std::uint64_t>(s.batch * s.tokens * s.width), size = static_cast<std::uint64_t>(bytes_of(s.type));
    const auto n = [](bool b) { return static_cast<std::uint64_t>(b); };
    const std::uint64_t read = 1 + n(weighed);  // a row, and its weights
    trial.moved(rows * (size * (read * n(has_q) + read * n(has_k) + n(has_v)) + 8 * n(turned && (has_q || has_k))), rows * size * (n(has_q) + n(has_k) + n(has_v) + n(has_k && plain)));
}

void check_gated_add(Trial& trial) {
    const Shape s = draw(trial);
    const Strides xs = strides(trial, s, s.tokens), ys = strides(trial, s, s.tokens), gs = strides(trial, s, s.groups);
    const bool gated = trial.coin(), biased = trial.coin();
    const Tensor x = trial.given("x", s.type, xs.count(s.batch), 1, Use::in_place), y = trial.given("y", s.type, ys.count(s.batch));
    const Tensor gate = trial.given("gate", s.type, gs.count(s.batch), 0.5), bias = trial.given("bias", s.type, s.width);
    GatedAdd work{.type = s.type, .batch = s.batch, .tokens = s.tokens, .width = s.width, .groups = s.groups};
    work.x = {x.at(), xs.batch, xs.token};
    work.y = {y.at(), ys.batch, ys.token};
    if (gated) work.gate = {gate.at(), gs.batch, gs.token};
    if (biased) work.bias = bias.at();
    if (!trial.run(trial.operations().gated_add, work)) return;

    const std::vector<double> got = x.fetch();
    std::vector<double> want = x.values;
    for (std::int64_t b = 0; b < s.batch; ++b)
        for (std::int64_t n = 0; n < s.tokens; ++n)
            for (std::int64_t c = 0; c < s.width; ++c)
                want[static_cast<std::size_t>(at(xs, b, n, c))] +=
                    (gated ? gate[at(gs, b, n / (s.tokens / s.groups), c)] : 1) * (y[at(ys, b, n, c)] + (biased ? bias[c] : 0));
    for (std::size_t i = 0; i < want.size(); ++i) trial.close("x", static_cast<std::int64_t>(i), got[i], want[i], rounding(s.type), 4e-6);
    const std::uint64_t row = static_cast<std::uint64_t>(s.batch * s.tokens * s.width * bytes_of(s.type));
    trial.moved(row * static_cast<std::uint64_t>(2 + gated + biased), row);
}

void check_activate_rows(Trial& trial) {
    const Shape s = draw(trial);
    const Strides xs = strides(trial, s, s.tokens), outs = strides(trial, s, s.tokens);
    const bool biased = trial.coin(), gelu = trial.whole(0, 3) > 0, in_place = trial.coin();
    const Tensor x = trial.given("x", s.type, xs.token * s.tokens, trial.one_of({0.1, 1.0, 6.0, 60.0}), in_place ? Use::in_place : Use::input);
    const Tensor bias = trial.given("bias", s.type, s.width), out = trial.wanted("out", s.type, outs.token * s.tokens);
    ActivateRows work{.type = s.type, .rows = s.tokens, .width = s.width, .x = x.at(), .x_stride = xs.token};
    work.activation = gelu ? Activation::gelu_tanh : Activation::none;
    work.out = in_place ? x.at() : out.at();
    work.out_stride = in_place ? xs.token : outs.token;
    if (biased) work.bias = bias.at();
    if (!trial.run(trial.operations().activate_rows, work)) return;

    const std::vector<double> got = in_place ? x.fetch() : out.fetch();
    for (std::int64_t n = 0; n < s.tokens; ++n)
        for (std::int64_t c = 0; c < s.width; ++c) {
            const double v = x[n * xs.token + c] + (biased ? bias[c] : 0), inner = std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v);
            const std::int64_t i = n * work.out_stride + c;
            // exp(-2u) carries the relative rounding of u, which is up to |2u| times larger in the result.
            trial.close("out", i, got[static_cast<std::size_t>(i)], gelu ? 0.5 * v * (1 + std::tanh(inner)) : v, rounding(s.type), 4e-6 * (1 + std::abs(v)));
        }
    const std::uint64_t row = static_cast<std::uint64_t>(s.tokens * s.width * bytes_of(s.type));
    trial.moved(row * static_cast<std::uint64_t>(1 + biased), row);
}

/// The e4m3 output of both operations that have one: decoded, it is the float32 result to half a step of e4m3, and the scale is exact.
void check_rows_of_bytes(Trial& trial) {
    const Shape s = draw(trial);
    const bool norm = trial.coin();
    const std::int64_t rows = s.batch * s.tokens;
    const double spread = trial.one_of({1e-3, 1.0, 50.0});
    const std::int64_t zero_row = trial.coin() ? trial.whole(0, rows - 1) : -1;
    const Tensor noise = trial.given("noise", s.type, rows * s.width, spread);
    const Tensor x = trial.given("x", s.type, rows * s.width, [&](std::int64_t i) { return i / s.width == zero_row ? 0.0 : noise[i]; }, Use::input);
    const std::unique_ptr<Place> out = trial.wanted_bytes("bytes", rows * s.width);
    const Tensor scales = trial.wanted("row scale", Scalar::f32, rows);
    if (norm) {
        ModulatedNorm work{.type = s.type, .batch = s.batch, .tokens = s.tokens, .width = s.width};
        work.x = {x.at(), s.tokens * s.width, s.width};
        work.out = {out->at(), s.tokens * s.width, s.width};
        work.row_scale = static_cast<float*>(scales.at());
        if (s.width % 16 != 0) return trial.must_refuse(trial.operations().modulated_norm, work, "16 bytes");
        if (!trial.run(trial.operations().modulated_norm, work)) return;
    } else {
        ActivateRows work{.type = s.type, .rows = rows, .width = s.width, .x = x.at(), .x_stride = s.width};
        work.activation = Activation::gelu_tanh;
        work.out = out->at();
        work.out_stride = s.width;
        work.row_scale = static_cast<float*>(scales.at());
        if (s.width % 16 != 0) return trial.must_refuse(trial.operations().activate_rows, work, "16 bytes");
        if (!trial.run(trial.operations().activate_rows, work)) return;
    }
    const std::vector<std::byte> codes = out->fetch();
    const std::vector<double> got_scales = scales.fetch();
    for (std::int64_t r = 0; r < rows; ++r) {
        std::vector<double> want(static_cast<std::size_t>(s.width));
        const double inverse = inverse_rms(x, r * s.width, s.width, 1e-6);
        double peak = 1e-12;
        for (std::int64_t c = 0; c < s.width; ++c) {
            const double v = x[r * s.width + c];
            want[static_cast<std::size_t>(c)] = norm ? v * inverse : 0.5 * v * (1 + std::tanh(std::sqrt(2 / M_PI) * (v + 0.044715 * v * v * v)));
            peak = std::max(peak, std::abs(want[static_cast<std::size_t>(c)]));
        }
        const double scale = got_scales[static_cast<std::size_t>(r)];
        trial.close("row scale", r, scale, peak / 448, 2e-5, 0);
        for (std::int64_t c = 0; c < s.width; ++c) {
            const std::int64_t i = r * s.width + c;
            const double value = static_cast<double>(from_e4m3(static_cast<std::uint8_t>(codes[static_cast<std::size_t>(i)]))) * scale;
            // Half a step: 1/16 of a normal number, 2^-10 scales below that; and what float32 adds.
            trial.close("value", i, value, want[static_cast<std::size_t>(c)], 0.0626, 0x1.01p-10 * scale + 4e-6 * (std::abs(x[i]) + 1e-30));
        }
    }
    trial.all_written("bytes", *out);
    trial.all_written("row scale", *scales.place);
    const std::uint64_t elements = static_cast<std::uint64_t>(rows * s.width);
    trial.moved(elements * static_cast<std::uint64_t>(bytes_of(s.type)), elements + static_cast<std::uint64_t>(rows) * 4);
}

void check_token_refusals(Trial& trial) {
    trial.describe("refusals");
    const TensorOperations& operations = trial.operations();
    const Tensor x = trial.given("x", Scalar::bf16, 64 * 64), other = trial.given("other", Scalar::bf16, 64 * 64), out = trial.wanted("out", Scalar::bf16, 64 * 64);
    const ModulatedNorm norm{.type = Scalar::bf16, .batch = 1, .tokens = 6, .width = 64, .groups = 1, .x = {x.at(), 0, 64}, .scale = {}, .shift = {}, .eps = 1e-6f,
                             .out = {out.at(), 0, 64}};
    const auto changed = [&](auto work, auto change) { return change(work), work; };
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.groups = 4; }), "groups");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.tokens = 0; }), "tokens");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.width = 60; }), "width");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.width = 20000; }), "width");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.x.token_stride = 65; }), "16 bytes");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.x.at = static_cast<const char*>(w.x.at) + 2; }), "16 bytes");
    trial.must_refuse(operations.modulated_norm, changed(norm, [](auto& w) { w.out.at = nullptr; }), "null");
    trial.must_refuse(operations.modulated_norm, changed(norm, [&](auto& w) { w.scale = {other.at(), 0, 64}; }), "scale, shift");

    NormedRope rope{.type = Scalar::bf16, .batch = 1, .tokens = 6, .width = 64};
    trial.must_refuse(operations.normed_rope, rope, "at least one");
    rope.q = {x.at(), 0, 64};
    trial.must_refuse(operations.normed_rope, rope, "null");  // nowhere to put it
    rope.q_out = {out.at(), 0, 64}, rope.q_weight = static_cast<const char*>(other.at()) + 4;
    trial.must_refuse(operations.normed_rope, rope, "16 bytes");
    rope.q_weight = other.at();
    trial.must_refuse(operations.normed_rope, changed(rope, [&](auto& w) { w.cos = static_cast<const float*>(other.at()); }), "cos, sin");
    trial.must_refuse(operations.normed_rope, changed(rope, [&](auto& w) { w.k_plain = {out.at(), 0, 64}; }), "k_plain");

    GatedAdd add{.type = Scalar::bf16, .batch = 1, .tokens = 6, .width = 64, .groups = 1, .x = {out.at(), 0, 64}, .y = {x.at(), 0, 64}};
    trial.must_refuse(operations.gated_add, changed(add, [](auto& w) { w.groups = 0; }), "groups");
    trial.must_refuse(operations.gated_add, changed(add, [](auto& w) { w.bias = static_cast<const char*>(w.y.at) + 4; }), "16 bytes");
    ActivateRows rows{.type = Scalar::bf16, .rows = 6, .width = 64, .x = x.at(), .x_stride = 64};
    trial.must_refuse(operations.activate_rows, rows, "null");
}

}  // namespace mirrorme::testing
