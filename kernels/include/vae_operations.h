#pragma once
// What LTX-Video's decoder does between its convolutions, and how its last one becomes frames. Tensors are dense and channels come
// last, [batch, frames, height, width, channels], which is what convolutions on tensor cores take.

#include "kernels/include/tensor_view.h"

namespace mirrorme::kernels {

/// y = SiLU(x / sqrt(mean_c(x^2) + eps) * (1 + scale) + shift), then padded in time: the input of a convolution that is 3 frames long.
/// In front come `front` frames: those of `history`, or without one copies of y's first frame. Behind come `back` copies of y's last.
/// `keep` takes the last `front` frames of history and y together: the next call's history, in other memory than this call's.
struct PixelNorm {
    Scalar type = Scalar::f32;
    std::int64_t batch = 0, frames = 0, pixels = 0, channels = 0;  // pixels of one frame
    const void* x = nullptr;                                       // [batch, frames, pixels, channels]
    const void *scale = nullptr, *shift = nullptr;                 // [batch, channels]; both null: none
    std::int64_t modulation_stride = 0;                            // of the batch; 0: one row for all
    float eps = 1e-8f;
    int front = 0, back = 0;                                       // 0..2
    const void* history = nullptr;                                 // [batch, front, pixels, channels] or null
    void* keep = nullptr;                                          // the same shape, or null
    void* out = nullptr;                                           // [batch, front + frames + back, pixels, channels]
};

/// out[b, 2t + dt - dropped, 2h + dh, 2w + dw, c] = y[b, t, h, w, m] + bias[m] + skip[b, t, h, w, m mod skip_channels],
/// m = ((c * 2 + dt) * 2 + dh) * 2 + dw: the upsampler, its skip path tiled over channels, less the first frame of a stream.
struct DepthToSpace {
    Scalar type = Scalar::f32;
    std::int64_t batch = 0, frames = 0, height = 0, width = 0, channels = 0;  // of the input, but channels of the output: a multiple of 8
    const void* y = nullptr;                                                  // [batch, frames, height, width, 8 channels]
    const void* bias = nullptr;                                               // [8 channels] or null
    const void* skip = nullptr;                                               // [batch, frames, height, width, skip_channels] or null
    std::int64_t skip_channels = 0;                                           // a multiple of 8 that divides 8 channels
    int dropped = 0;                                                          // 0 or 1 frames at the front of the output
    void* out = nullptr;                                                      // [batch, 2 frames - dropped, 2 height, 2 width, channels]
};

/// Patches of 4 x 4 pixels, channel c * 16 + dx * 4 + dy, values -1..1, to frames of 8-bit BGRA with straight alpha. Colour v becomes
/// round((v + 1) / 2 * 255), held in 0..255. Alpha is the matte, or the fourth colour of 64-channel patches, or 255.
struct FinishPixels {
    Scalar type = Scalar::f32;
    std::int64_t frames = 0, height = 0, width = 0;  // of the patch grid
    int channels = 48;                               // 48: RGB, 64: RGBA
    const void* patches = nullptr;                   // [frames, height, width, channels]
    const void* bias = nullptr;                      // [channels] or null: the last convolution's
    const float* matte = nullptr;                    // [frames, 4 height, 4 width], 0..1, or null; only with 48 channels
    std::uint8_t* bgra = nullptr;                    // [frames, 4 height, 4 width, 4]
};

Refusal check(const PixelNorm& work) noexcept;
Refusal check(const DepthToSpace& work) noexcept;
Refusal check(const FinishPixels& work) noexcept;

}  // namespace mirrorme::kernels
