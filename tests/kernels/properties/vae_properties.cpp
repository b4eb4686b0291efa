#include <algorithm>
#include <cmath>

#include "kernels/properties/trial.h"

namespace mirrorme::testing {
namespace {

using namespace mirrorme::kernels;

constexpr double kSum = 4e-6;  // float32 arithmetic over a row, and the device's approximate exponential

Scalar draw_type(Trial& trial) { return trial.one_of({Scalar::f32, Scalar::bf16, Scalar::f16}); }
std::string text(std::initializer_list<std::int64_t> sizes) {
    std::string out = "[";
    for (const std::int64_t size : sizes) out += (out.size() > 1 ? ", " : "") + std::to_string(size);
    return out + "]";
}

struct Clip {
    std::int64_t batch, frames, pixels, channels;
    std::int64_t at(std::int64_t b, std::int64_t t, std::int64_t p, std::int64_t c) const { return ((b * frames + t) * pixels + p) * channels + c; }
    std::int64_t count() const { return batch * frames * pixels * channels; }
};

double silu(double x) { return x / (1 + std::exp(-x)); }

}  // namespace

void check_pixel_norm(Trial& trial) {
    const Scalar type = draw_type(trial);
    const std::int64_t per_line = 16 / bytes_of(type), lines = trial.one_of<std::int64_t>({1, 16, trial.whole(2, 40), trial.whole(41, 150)});
    const Clip in{trial.whole(1, 2), trial.whole(1, 4), trial.whole(1, 9), lines * per_line};
    PixelNorm work{.type = type, .batch = in.batch, .frames = in.frames, .pixels = in.pixels, .channels = in.channels};
    work.front = static_cast<int>(trial.whole(0, 2)), work.back = static_cast<int>(trial.whole(0, 2));
    const bool modulated = trial.coin(), shared = trial.coin(), remembers = work.front > 0 && trial.coin(), keeps = work.front > 0 && trial.coin();
    trial.describe(std::string(name_of(type)) + " " + text({in.batch, in.frames, in.pixels, in.channels}) + " front " + std::to_string(work.front) + " back " +
                   std::to_string(work.back) + (remembers ? " history" : "") + (keeps ? " keep" : ""));
    const Clip padded{in.batch, work.front + in.frames + work.back, in.pixels, in.channels}, edge{in.batch, std::max(work.front, 1), in.pixels, in.channels};
    const Tensor x = trial.given("x", type, in.count(), trial.one_of({1e-2, 1.0, 100.0}));
    const Tensor scale = trial.given("scale", type, in.batch * in.channels, 0.5), shift = trial.given("shift", type, in.batch * in.channels, 3);
    const Tensor history = trial.given("history", type, edge.count()), keep = trial.wanted("keep", type, edge.count());
    const Tensor out = trial.wanted("out", type, padded.count());
    work.x = x.at();
    work.out = out.at();
    if (modulated) work.scale = scale.at(), work.shift = shift.at(), work.modulation_stride = shared ? 0 : in.channels;
    if (remembers) work.history = history.at();
    if (keeps) work.keep = keep.at();
    if (!trial.run(trial.operations().pixel_norm, work)) return;

    const std::vector<double> got = out.fetch(), kept = keep.fetch();
    trial.all_written("out", *out.place);
    if (keeps) trial.all_written("keep", *keep.place);
    for (std::int64_t b = 0; b < in.batch; ++b)
        for (std::int64_t p = 0; p < in.pixels; ++p) {
            std::vector<double> inverse(static_cast<std::size_t>(in.frames));
            for (std::int64_t t = 0; t < in.frames; ++t) {
                double sum = 0;
                for (std::int64_t c = 0; c < in.channels; ++c) sum += x[in.at(b, t, p, c)] * x[in.at(b, t, p, c)];
                inverse[static_cast<std::size_t>(t)] = 1 / std::sqrt(sum / static_cast<double>(in.channels) + 1e-8);
            }
            for (std::int64_t c = 0; c < in.channels; ++c) {
                const std::int64_t m = (shared ? 0 : b) * in.channels + c;
                // Frame s of the padded clip, from the definition; `exact`: copied as it is.
                const auto want = [&](std::int64_t s, bool& exact, double& before) {
                    exact = s < work.front && remembers;
                    if (exact) return history[edge.at(b, s, p, c)];
                    const std::int64_t t = std::clamp<std::int64_t>(s - work.front, 0, in.frames - 1);
                    const double normed = x[in.at(b, t, p, c)] * inverse[static_cast<std::size_t>(t)];
                    before = std::abs(normed) * (1 + std::abs(scale[m])) + std::abs(shift[m]);
                    return silu(modulated ? normed * (1 + scale[m]) + shift[m] : normed);
                };
                for (std::int64_t s = 0; s < padded.frames; ++s) {
                    bool exact = false;
                    double before = 0;
                    const double value = want(s, exact, before);
                    const std::int64_t i = padded.at(b, s, p, c);
                    trial.close("out", i, got[static_cast<std::size_t>(i)], value, exact ? 0 : rounding(type), exact ? 0 : kSum * (before + 1e-2));
                }
                for (std::int64_t f = 0; f < work.front && keeps; ++f) {
                    const std::int64_t i = edge.at(b, f, p, c), same = padded.at(b, in.frames + f, p, c);  // bit for bit what the convolution saw
                    trial.close("keep", i, kept[static_cast<std::size_t>(i)], got[static_cast<std::size_t>(same)], 0, 0);
                }
            }
        }
    const std::uint64_t frame = static_cast<std::uint64_t>(in.batch * in.pixels * in.channels * bytes_of(type));
    const auto frames = [&](std::int64_t n) { return static_cast<std::uint64_t>(n) * frame; };
    trial.moved(frames(in.frames * (modulated ? 3 : 1) + (remembers ? work.front : 0)), frames(padded.frames + (keeps ? work.front : 0)));
}

/// Chunks that hand `keep` on as `history` give the padded inputs that one call on the whole clip gives.
void check_stream_of_pixel_norms(Trial& trial) {
    const Scalar type = draw_type(trial);
    const Clip whole{1, trial.whole(3, 7), trial.whole(1, 5), trial.whole(1, 5) * 16};
    trial.describe(std::string(name_of(type)) + " stream of " + text({whole.frames, whole.pixels, whole.channels}));
    const std::int64_t frame = whole.pixels * whole.channels;
    const Tensor x = trial.given("x", type, whole.count()), once = trial.wanted("once", type, (whole.frames + 2) * frame);
    PixelNorm work{.type = type, .batch = 1, .frames = whole.frames, .pixels = whole.pixels, .channels = whole.channels};
    work.front = 2;
    work.x = x.at();
    work.out = once.at();
    if (!trial.run(trial.operations().pixel_norm, work)) return;
    const std::vector<double> all = once.fetch();

    Tensor history;
    for (std::int64_t t = 0; t < whole.frames;) {
        const std::int64_t n = std::min<std::int64_t>(trial.whole(1, 3), whole.frames - t);
        const Tensor chunk = trial.given("chunk", type, n * frame, [&](std::int64_t i) { return x[t * frame + i]; }, Use::input);
        const Tensor out = trial.wanted("out", type, (n + 2) * frame);
        Tensor keep = trial.wanted("keep", type, 2 * frame);
        work.frames = n;
        work.x = chunk.at();
        work.out = out.at();
        work.history = history.at();
        work.keep = keep.at();
        if (!trial.run(trial.operations().pixel_norm, work)) return;
        const std::vector<double> got = out.fetch();
        for (std::size_t i = 0; i < got.size(); ++i)
            trial.close("chunk", static_cast<std::int64_t>(i), got[i], all[static_cast<std::size_t>(t * frame) + i], 0, 0);
        const std::vector<double> last = keep.fetch();
        history = trial.given("history", type, 2 * frame, [&](std::int64_t i) { return last[static_cast<std::size_t>(i)]; }, Use::input);
        t += n;
    }
}

void check_depth_to_space(Trial& trial) {
    const Scalar type = draw_type(trial);
    DepthToSpace work{.type = type, .batch = trial.whole(1, 2), .frames = trial.whole(1, 3), .height = trial.whole(1, 3), .width = trial.whole(1, 5)};
    work.channels = 8 * trial.one_of<std::int64_t>({1, trial.whole(2, 8), 16, 32});
    work.dropped = static_cast<int>(trial.whole(0, 1));
    const std::int64_t deep = 8 * work.channels;
    std::int64_t divisor = trial.one_of<std::int64_t>({1, 2, 4, 8});
    while (deep % (8 * divisor) != 0) divisor /= 2;
    const bool skips = trial.whole(0, 3) > 0, biased = trial.coin();
    work.skip_channels = deep / divisor;
    trial.describe(std::string(name_of(type)) + " " + text({work.batch, work.frames, work.height, work.width, deep}) + " skip " +
                   std::to_string(skips ? work.skip_channels : 0) + " dropped " + std::to_string(work.dropped));
    const std::int64_t cells = work.batch * work.frames * work.height * work.width;
    const std::int64_t frames = 2 * work.frames - work.dropped, height = 2 * work.height, width = 2 * work.width;
    const Tensor y = trial.given("y", type, cells * deep), bias = trial.given("bias", type, deep), skip = trial.given("skip", type, cells * work.skip_channels);
    const Tensor out = trial.wanted("out", type, work.batch * frames * height * width * work.channels);
    work.y = y.at();
    work.out = out.at();
    if (biased) work.bias = bias.at();
    if (skips) work.skip = skip.at();
    if (!trial.run(trial.operations().depth_to_space, work)) return;

    const std::vector<double> got = out.fetch();
    trial.all_written("out", *out.place);
    // The definition, from the input's side: element m of a cell goes to corner m mod 8 of channel m / 8.
    for (std::int64_t cell = 0; cell < cells; ++cell)
        for (std::int64_t m = 0; m < deep; ++m) {
            const std::int64_t c = m / 8, dt = m / 4 % 2, dh = m / 2 % 2, dw = m % 2;
            const std::int64_t w = cell % work.width, h = cell / work.width % work.height, t = cell / work.width / work.height % work.frames;
            const std::int64_t b = cell / work.width / work.height / work.frames, to = 2 * t + dt - work.dropped;
            if (to < 0) continue;
            const double value = y[cell * deep + m] + (biased ? bias[m] : 0) + (skips ? skip[cell * work.skip_channels + m % work.skip_channels] : 0);
            const std::int64_t i = (((b * frames + to) * height + 2 * h + dh) * width + 2 * w + dw) * work.channels + c;
            trial.close("out", i, got[static_cast<std::size_t>(i)], value, rounding(type), 1e-6);
        }
    const std::uint64_t read = static_cast<std::uint64_t>(cells * deep * bytes_of(type));
    trial.moved(read * static_cast<std::uint64_t>(1 + biased + skips), static_cast<std::uint64_t>(out.values.size()) * static_cast<std::uint64_t>(bytes_of(type)));
}

void check_finish_pixels(Trial& trial) {
    const Scalar type = draw_type(trial);
    FinishPixels work{.type = type, .frames = trial.whole(1, 3), .height = trial.whole(1, 5), .width = trial.whole(1, 20), .channels = trial.coin() ? 48 : 64};
    const bool biased = trial.coin(), matted = work.channels == 48 && trial.coin();
    trial.describe(std::string(name_of(type)) + " " + text({work.frames, work.height, work.width, work.channels}) + (matted ? " matte" : ""));
    const std::int64_t patches = work.frames * work.height * work.width, pixels = patches * 16;
    const std::int64_t broken = trial.whole(0, patches * work.channels - 1);  // one value is not a number: it must become 0, not spread
    const Tensor noise = trial.given("noise", type, patches * work.channels, 0.7);
    const Tensor x = trial.given("patches", type, patches * work.channels, [&](std::int64_t i) { return i == broken ? std::nan("") : noise[i]; }, Use::input);
    const Tensor bias = trial.given("bias", type, work.channels, 0.1), matte = trial.given("matte", Scalar::f32, pixels, 0.6);
    const std::unique_ptr<Place> out = trial.wanted_bytes("bgra", pixels * 4);
    work.patches = x.at();
    work.bgra = static_cast<std::uint8_t*>(out->at());
    if (biased) work.bias = bias.at();
    if (matted) work.matte = static_cast<const float*>(matte.at());
    if (!trial.run(trial.operations().finish_pixels, work)) return;

    trial.all_written("bgra", *out);
    const std::vector<std::byte> got = out->fetch();
    const auto byte_of = [](double value) { return std::isnan(value) ? 0.0 : std::clamp(value, 0.0, 1.0) * 255; };
    for (std::int64_t i = 0; i < patches * work.channels; ++i) {
        const std::int64_t patch = i / work.channels, channel = i % work.channels, c = channel / 16, dx = channel / 4 % 4, dy = channel % 4;
        const std::int64_t row = patch / work.width * 4 + dy, column = patch % work.width * 4 + dx, pixel = row * 4 * work.width + column;
        const int place = c == 3 ? 3 : 2 - static_cast<int>(c);
        // A value that lies on the edge between two bytes may go either way.
        trial.close("byte", 4 * pixel + place, static_cast<double>(got[static_cast<std::size_t>(4 * pixel + place)]),
                    byte_of(((biased ? bias[channel] : 0) + x[i] + 1) / 2), 0, 0.5001);
    }
    for (std::int64_t p = 0; p < pixels && work.channels == 48; ++p)
        trial.close("alpha", p, static_cast<double>(got[static_cast<std::size_t>(4 * p + 3)]), matted ? byte_of(matte[p]) : 255, 0, 0.5001);
    const std::uint64_t read = static_cast<std::uint64_t>(patches * work.channels * bytes_of(type));
    trial.moved(read * static_cast<std::uint64_t>(1 + biased) + (matted ? static_cast<std::uint64_t>(pixels * 4) : 0), static_cast<std::uint64_t>(pixels * 4));
}

void check_vae_refusals(Trial& trial) {
    trial.describe("refusals");
    const TensorOperations& operations = trial.operations();
    const Tensor x = trial.given("x", Scalar::bf16, 4096), y = trial.given("y", Scalar::bf16, 4096), out = trial.wanted("out", Scalar::bf16, 8192);
    const auto changed = [&](auto work, auto change) { return change(work), work; };
    const PixelNorm norm{.type = Scalar::bf16, .batch = 1, .frames = 2, .pixels = 4, .channels = 64, .x = x.at(), .out = out.at()};
    trial.must_refuse(operations.pixel_norm, changed(norm, [](auto& w) { w.front = 3; }), "front, back");
    trial.must_refuse(operations.pixel_norm, changed(norm, [](auto& w) { w.channels = 60; }), "16 bytes");
    trial.must_refuse(operations.pixel_norm, changed(norm, [](auto& w) { w.channels = 5120; }), "8 KiB");
    trial.must_refuse(operations.pixel_norm, changed(norm, [&](auto& w) { w.history = y.at(); }), "front frames");
    trial.must_refuse(operations.pixel_norm, changed(norm, [&](auto& w) { w.front = 2, w.keep = out.at(), w.history = out.at(); }), "other memory");
    trial.must_refuse(operations.pixel_norm, changed(norm, [&](auto& w) { w.shift = y.at(); }), "scale, shift");
    trial.must_refuse(operations.pixel_norm, changed(norm, [](auto& w) { w.x = nullptr; }), "null");

    const DepthToSpace unfold{.type = Scalar::bf16, .batch = 1, .frames = 1, .height = 2, .width = 2, .channels = 16, .y = x.at(), .out = out.at()};
    trial.must_refuse(operations.depth_to_space, changed(unfold, [](auto& w) { w.channels = 12; }), "channels");
    trial.must_refuse(operations.depth_to_space, changed(unfold, [](auto& w) { w.dropped = 2; }), "dropped");
    trial.must_refuse(operations.depth_to_space, changed(unfold, [&](auto& w) { w.skip = y.at(), w.skip_channels = 24; }), "skip_channels");
    trial.must_refuse(operations.depth_to_space, changed(unfold, [](auto& w) { w.height = 1 << 20, w.width = 1 << 20; }), "2^31");

    const FinishPixels finish{.type = Scalar::bf16, .frames = 1, .height = 2, .width = 2, .channels = 48, .patches = x.at(), .bgra = static_cast<std::uint8_t*>(out.at())};
    trial.must_refuse(operations.finish_pixels, changed(finish, [](auto& w) { w.channels = 32; }), "48 or 64");
    trial.must_refuse(operations.finish_pixels, changed(finish, [&](auto& w) { w.channels = 64, w.matte = static_cast<const float*>(y.at()); }), "matte");
    trial.must_refuse(operations.finish_pixels, changed(finish, [](auto& w) { w.bgra = nullptr; }), "null");
}

}  // namespace mirrorme::testing
