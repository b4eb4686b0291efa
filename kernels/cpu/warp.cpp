// Note [Rows first]
// A row's source coordinates are worked out before any pixel is fetched: that half is plain arithmetic on arrays, which the
// compiler widens; the other half is four loads of neighbouring pixels each, whose channels fill a vector register.

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/cpu/cpu_operations.h"
#include "kernels/cpu/simd.h"

namespace mirrorme::kernels::cpu {
namespace {

#define MIRRORME_INLINE inline __attribute__((always_inline))  // into each of the copies MIRRORME_SIMD makes

struct RowSources {
    std::array<std::int32_t, kMaxSide> pixel;       // upper left neighbour, index in the picture
    std::array<float, kMaxSide> right, below;       // shares of the neighbours
};

/// Values of one grid row: between the two rows of cells about pixel row y, held beyond the outermost middles.
MIRRORME_INLINE void mix_rows(const float* grid, int y, Size size, float* out) {
    const int grid_w = size.width / kCell, grid_h = size.height / kCell;
    const float at = std::min(std::max((static_cast<float>(y) - 0.5f * (kCell - 1)) / kCell, 0.0f), static_cast<float>(grid_h - 1));
    const int row = std::min(static_cast<int>(at), std::max(grid_h - 2, 0)), next = std::min(row + 1, grid_h - 1);
    const float share = at - static_cast<float>(row);
    const float *upper = grid + row * grid_w * 2, *lower = grid + next * grid_w * 2;
    for (int i = 0; i < 2 * grid_w; ++i) out[i] = upper[i] + share * (lower[i] - upper[i]);
}

/// Where every pixel of row y comes from.
MIRRORME_INLINE void find_sources(const float* flow, const float* delta, int y, Size size, RowSources& sources) {
    const int grid_w = size.width / kCell;
    std::array<float, kMaxSide / kCell * 2> cells, more;
    mix_rows(flow, y, size, cells.data());
    if (delta) {
        mix_rows(delta, y, size, more.data());
        for (int i = 0; i < 2 * grid_w; ++i) cells[static_cast<std::size_t>(i)] += more[static_cast<std::size_t>(i)];
    }
    const float last_x = static_cast<float>(size.width - 1), last_y = static_cast<float>(size.height - 1);
    const int limit_x = std::max(size.width - 2, 0), limit_y = std::max(size.height - 2, 0);
    for (int x = 0; x < size.width; ++x) {
        const int left = std::max((x - kCell / 2) / kCell - (x < kCell / 2), 0), right = std::min((x + kCell / 2) / kCell, grid_w - 1);
        const float share = (static_cast<float>((x + kCell / 2) % kCell) + 0.5f) / kCell;
        const float *a = cells.data() + 2 * left, *b = cells.data() + 2 * right;
        const float sx = std::min(std::max(static_cast<float>(x) + a[0] + share * (b[0] - a[0]), 0.0f), last_x);
        const float sy = std::min(std::max(static_cast<float>(y) + a[1] + share * (b[1] - a[1]), 0.0f), last_y);
        const int px = std::min(static_cast<int>(sx), limit_x), py = std::min(static_cast<int>(sy), limit_y);
        sources.pixel[static_cast<std::size_t>(x)] = py * size.width + px;
        sources.right[static_cast<std::size_t>(x)] = sx - static_cast<float>(px);
        sources.below[static_cast<std::size_t>(x)] = sy - static_cast<float>(py);
    }
}

typedef float Vector4 __attribute__((vector_size(16)));

MIRRORME_INLINE Vector4 load(const float* from) {
    Vector4 v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
MIRRORME_INLINE void store(const Vector4& v, float* to) { std::memcpy(to, &v, sizeof v); }

struct Mix {
    std::size_t pixel;             // index of the upper left neighbour
    float w00, w01, w10, w11;
};
MIRRORME_INLINE Mix mix_of(const RowSources& row, int x) {
    const float fx = row.right[static_cast<std::size_t>(x)], fy = row.below[static_cast<std::size_t>(x)];
    return {static_cast<std::size_t>(row.pixel[static_cast<std::size_t>(x)]), (1 - fx) * (1 - fy), fx * (1 - fy), (1 - fx) * fy, fx * fy};
}
MIRRORME_INLINE Vector4 fetch(const float* p, std::size_t right, std::size_t below, const Mix& mix) {
    return load(p) * mix.w00 + load(p + right) * mix.w01 + load(p + below) * mix.w10 + load(p + below + right) * mix.w11;
}

}  // namespace

MIRRORME_SIMD void warp8(const float* source, const float* flow, Size size, float* front, float* back) {
    RowSources row;
    const std::size_t right = size.width > 1 ? 8 : 0, below = size.height > 1 ? static_cast<std::size_t>(size.width) * 8 : 0;
    for (int y = 0; y < size.height; ++y) {
        find_sources(flow, nullptr, y, size, row);
        const std::size_t start = static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 4;
        for (int x = 0; x < size.width; ++x) {
            const Mix mix = mix_of(row, x);
            store(fetch(source + 8 * mix.pixel, right, below, mix), front + start + 4 * x);
            store(fetch(source + 8 * mix.pixel + 4, right, below, mix), back + start + 4 * x);
        }
    }
}

MIRRORME_SIMD void warp4(const float* source, const float* flow, const float* delta, Size size, float* out) {
    RowSources row;
    const std::size_t right = size.width > 1 ? 4 : 0, below = size.height > 1 ? static_cast<std::size_t>(size.width) * 4 : 0;
    for (int y = 0; y < size.height; ++y) {
        find_sources(flow, delta, y, size, row);
        float* to = out + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 4;
        for (int x = 0; x < size.width; ++x) {
            const Mix mix = mix_of(row, x);
            store(fetch(source + 4 * mix.pixel, right, below, mix), to + 4 * x);
        }
    }
}

}  // namespace mirrorme::kernels::cpu
