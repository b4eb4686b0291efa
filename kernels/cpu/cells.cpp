#include <algorithm>
#include <cstring>

#include "kernels/cpu/cpu_operations.h"
#include "kernels/cpu/simd.h"

namespace mirrorme::kernels::cpu {
namespace {

constexpr int kRow = kCell * 4;  // floats of one pixel row of a cell of an RGBA picture

/// 4 x 4 pixels of an interleaved picture of 4 channels, row by row.
inline void take_pixels(const float* cell, std::size_t stride, float* out) {
    for (int y = 0; y < kCell; ++y) std::memcpy(out + y * kRow, cell + static_cast<std::size_t>(y) * stride, kRow * sizeof(float));
}

/// The means of the cell's four 2 x 2 squares.
inline void take_halves(const float* cell, std::size_t stride, float* out) {
    for (int y = 0; y < 2; ++y) {
        const float *upper = cell + static_cast<std::size_t>(2 * y) * stride, *lower = upper + stride;
        for (int x = 0; x < 2; ++x)
            for (int c = 0; c < 4; ++c)
                out[(2 * y + x) * 4 + c] = 0.25f * (upper[8 * x + c] + upper[8 * x + 4 + c] + lower[8 * x + c] + lower[8 * x + 4 + c]);
    }
}

inline void take_plane(const float* cell, std::size_t stride, float* out) {
    for (int y = 0; y < kCell; ++y) std::memcpy(out + y * kCell, cell + static_cast<std::size_t>(y) * stride, kCell * sizeof(float));
}

inline float straight(float value, float alpha) { return alpha > 1e-3f ? std::min(value / alpha, 1.0f) : 0.0f; }
inline std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::min(std::max(value, 0.0f), 1.0f) * 255.0f + 0.5f); }

/// Spreads colour one pixel further under alpha 0, from the pixel before or the row above; two passes (down-right, then
/// up-left) carry it across the whole frame.
void dilate(Size size, std::uint8_t* bgra) {
    const std::size_t row = static_cast<std::size_t>(size.width) * 4;
    auto take = [](std::uint8_t* to, const std::uint8_t* from) { std::memcpy(to, from, 3); };
    auto coloured = [](const std::uint8_t* p) { return p[3] != 0 || p[0] != 0 || p[1] != 0 || p[2] != 0; };
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            std::uint8_t* p = bgra + static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x) * 4;
            if (p[3] != 0) continue;
            if (x > 0 && coloured(p - 4)) take(p, p - 4);
            else if (y > 0 && coloured(p - row)) take(p, p - row);
        }
    for (int y = size.height - 1; y >= 0; --y)
        for (int x = size.width - 1; x >= 0; --x) {
            std::uint8_t* p = bgra + static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x) * 4;
            if (coloured(p)) continue;
            if (x + 1 < size.width && coloured(p + 4)) take(p, p + 4);
            else if (y + 1 < size.height && coloured(p + row)) take(p, p + row);
        }
}

}  // namespace

MIRRORME_SIMD void pack_cells(const CellInputs& inputs, Size size, float* cells) {
    const int grid_w = size.width / kCell, grid_h = size.height / kCell;
    const std::size_t width = static_cast<std::size_t>(size.width), plane = width * static_cast<std::size_t>(size.height);
    for (int gy = 0; gy < grid_h; ++gy) {
        for (int gx = 0; gx < grid_w; ++gx) {
            float* out = cells + static_cast<std::size_t>(gy * grid_w + gx) * kCellChannels;
            const std::size_t pixel = static_cast<std::size_t>(gy * kCell) * width + static_cast<std::size_t>(gx * kCell);
            take_pixels(inputs.base + pixel * 4, width * 4, out);
            out += 16 * 4;
            for (int m = 0; m < kMapPlanes; ++m, out += 16) take_plane(inputs.maps + static_cast<std::size_t>(m) * plane + pixel, width, out);
            take_halves(inputs.labels + pixel * 4, width * 4, out);
            std::memcpy(out + 16, inputs.paint + static_cast<std::size_t>(gy * grid_w + gx) * 4, 4 * sizeof(float));
        }
    }
}

MIRRORME_SIMD void finish_frame(const FrameInputs& inputs, Size size, std::uint8_t* bgra) {
    const int grid_w = size.width / kCell;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const std::size_t pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x);
            const std::size_t cell = static_cast<std::size_t>((y / kCell) * grid_w + x / kCell) * 64;
            const float* base = inputs.base + pixel * 4;
            const float* residual = inputs.residual + cell + static_cast<std::size_t>((y % kCell) * kRow + (x % kCell) * 4);
            const float alpha = std::min(std::max(base[3] + residual[3], 0.0f), 1.0f);
            float rgb[3];
            for (int c = 0; c < 3; ++c) rgb[c] = std::min(std::max(base[c] + residual[c], 0.0f), alpha);
            std::uint8_t* out = bgra + pixel * 4;
            if (inputs.plate) {
                const float* plate = inputs.plate + pixel * 3;
                for (int c = 0; c < 3; ++c) out[2 - c] = to_byte(rgb[c] + (1 - alpha) * plate[c]);
                out[3] = 255;
            } else {
                const std::uint8_t byte = to_byte(alpha);
                for (int c = 0; c < 3; ++c) out[2 - c] = byte ? to_byte(straight(rgb[c], alpha)) : std::uint8_t{0};
                out[3] = byte;
            }
        }
    }
    if (!inputs.plate) dilate(size, bgra);
}

}  // namespace mirrorme::kernels::cpu
