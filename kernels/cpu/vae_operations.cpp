#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/tensor_operations.h"

namespace mirrorme::kernels::cpu {
namespace {

float silu(float x) { return x / (1 + std::exp(-x)); }

/// NaN becomes 0.
std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::nearbyint((value > 0 ? std::min(value, 1.0f) : 0.0f) * 255)); }

/// Frames of a clip [batch, frames, pixels, channels].
template <typename T>
struct Clip {
    T* at;
    std::int64_t frames, frame;  // frame: elements of one
    T* of(std::int64_t b, std::int64_t t) const { return at + (b * frames + t) * frame; }
};

}  // namespace

Refusal pixel_norm(const PixelNorm& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const std::int64_t frame = work.pixels * work.channels;
        const std::size_t bytes = static_cast<std::size_t>(frame) * sizeof(T);
        const Clip<const T> x{static_cast<const T*>(work.x), work.frames, frame}, history{static_cast<const T*>(work.history), work.front, frame};
        const Clip<T> out{static_cast<T*>(work.out), work.front + work.frames + work.back, frame}, keep{static_cast<T*>(work.keep), work.front, frame};
        for (std::int64_t b = 0; b < work.batch; ++b) {
            const RowView scales{work.scale, work.modulation_stride, 0}, shifts{work.shift, work.modulation_stride, 0};
            const T *scale = work.scale ? row_of<T>(scales, b, 0) : nullptr, *shift = work.scale ? row_of<T>(shifts, b, 0) : nullptr;
            for (std::int64_t t = 0; t < work.frames; ++t)
                for (std::int64_t p = 0; p < work.pixels; ++p) {
                    const T* from = x.of(b, t) + p * work.channels;
                    T* to = out.of(b, work.front + t) + p * work.channels;
                    const float inverse = inverse_rms(from, work.channels, work.eps);
                    for (std::int64_t c = 0; c < work.channels; ++c) {
                        const float normed = widen(from[c]) * inverse;
                        to[c] = narrow<T>(silu(scale ? normed * (1 + widen(scale[c])) + widen(shift[c]) : normed));
                    }
                }
            for (int f = 0; f < work.front; ++f) std::memcpy(out.of(b, f), work.history ? history.of(b, f) : out.of(b, work.front), bytes);
            for (int f = 0; f < work.back; ++f) std::memcpy(out.of(b, work.front + work.frames + f), out.of(b, work.front + work.frames - 1), bytes);
            for (int f = 0; f < work.front && work.keep != nullptr; ++f) std::memcpy(keep.of(b, f), out.of(b, work.frames + f), bytes);
        }
    });
    return nullptr;
}

Refusal depth_to_space(const DepthToSpace& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const T *y = static_cast<const T*>(work.y), *bias = static_cast<const T*>(work.bias), *skip = static_cast<const T*>(work.skip);
        const std::int64_t frames = 2 * work.frames - work.dropped, height = 2 * work.height, width = 2 * work.width, deep = 8 * work.channels;
        for (std::int64_t b = 0; b < work.batch; ++b)
            for (std::int64_t t = 0; t < frames; ++t)
                for (std::int64_t h = 0; h < height; ++h)
                    for (std::int64_t w = 0; w < width; ++w) {
                        const std::int64_t from = t + work.dropped, cell = ((b * work.frames + from / 2) * work.height + h / 2) * work.width + w / 2;
                        const std::int64_t corner = (from % 2 * 2 + h % 2) * 2 + w % 2;
                        T* out = static_cast<T*>(work.out) + (((b * frames + t) * height + h) * width + w) * work.channels;
                        for (std::int64_t c = 0; c < work.channels; ++c) {
                            const std::int64_t m = c * 8 + corner;
                            float value = widen(y[cell * deep + m]);
                            if (bias) value += widen(bias[m]);
                            if (skip) value += widen(skip[cell * work.skip_channels + m % work.skip_channels]);
                            out[c] = narrow<T>(value);
                        }
                    }
    });
    return nullptr;
}

Refusal finish_pixels(const FinishPixels& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const T* bias = static_cast<const T*>(work.bias);
        const std::int64_t height = 4 * work.height, width = 4 * work.width;
        for (std::int64_t t = 0; t < work.frames; ++t)
            for (std::int64_t y = 0; y < height; ++y)
                for (std::int64_t x = 0; x < width; ++x) {
                    const T* patch = static_cast<const T*>(work.patches) + ((t * work.height + y / 4) * work.width + x / 4) * work.channels;
                    const auto colour = [&](std::int64_t c) {
                        const std::int64_t channel = c * 16 + x % 4 * 4 + y % 4;
                        const float value = widen(patch[channel]) + (bias ? widen(bias[channel]) : 0);
                        return to_byte(value * 0.5f + 0.5f);
                    };
                    const std::int64_t pixel = (t * height + y) * width + x;
                    std::uint8_t* out = work.bgra + 4 * pixel;
                    for (std::int64_t c = 0; c < 3; ++c) out[2 - c] = colour(c);
                    out[3] = work.channels == 64 ? colour(3) : work.matte ? to_byte(work.matte[pixel]) : std::uint8_t{255};
                }
    });
    return nullptr;
}

}  // namespace mirrorme::kernels::cpu
