#pragma once
// A picture between its pixels. Torch-free, pure.

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/include/operations.h"

namespace mirrorme {

/// Looks at a premultiplied picture [H, W, 4] of at least 2x2 pixels, which must outlive it.
class PictureSampler {
public:
    PictureSampler(const float* rgba, kernels::Size size) : rgba_(rgba), size_(size) {}

    bool has(kernels::Point p) const { return p.x >= 0 && p.y >= 0 && p.x <= static_cast<float>(size_.width - 1) && p.y <= static_cast<float>(size_.height - 1); }
    /// Bilinear; p inside (has()).
    std::array<float, 4> at(kernels::Point p) const {
        const int x0 = std::clamp(static_cast<int>(p.x), 0, size_.width - 2), y0 = std::clamp(static_cast<int>(p.y), 0, size_.height - 2);
        const float fx = p.x - static_cast<float>(x0), fy = p.y - static_cast<float>(y0);
        const float* here = rgba_ + 4 * (static_cast<std::size_t>(y0) * static_cast<std::size_t>(size_.width) + static_cast<std::size_t>(x0));
        const float* below = here + 4 * static_cast<std::size_t>(size_.width);
        std::array<float, 4> out;
        for (std::size_t c = 0; c < 4; ++c) {
            const float upper = here[c] + fx * (here[4 + c] - here[c]), lower = below[c] + fx * (below[4 + c] - below[c]);
            out[c] = upper + fy * (lower - upper);
        }
        return out;
    }

private:
    const float* rgba_;
    kernels::Size size_;
};

}  // namespace mirrorme
