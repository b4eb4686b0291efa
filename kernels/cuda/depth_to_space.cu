// Bound by memory: an element moves 2 bytes in and 2 out (bfloat16); the skip path has an eighth to a half of y's elements and is read
// from L1 and L2 when it repeats. As permute, permute, repeat, add and slice it moves about 12.
//
// Note [A transpose in shared memory]
// In y the eight positions (dt, dh, dw) of a channel are neighbours, in the output channels are. A tile is 256 channels with their eight
// positions, 2048 neighbouring elements of y: read in lines, laid down by position, written in lines, 32 of them at a stretch. A position's
// stretch is one line longer than the tile, so that neither way two threads of a warp meet in a bank.

#include "kernels/cuda/device.h"
#include "kernels/cuda/operations.h"

namespace mirrorme::kernels::cuda {
namespace {

constexpr int kThreads = 256, kTile = 256, kPositions = 8;  // channels of a tile; (dt, dh, dw)

template <typename T>
__global__ void __launch_bounds__(kThreads) unfold(const DepthToSpace work) {
    constexpr int kStretch = kTile + kPerLine<T>;
    MIRRORME_SHARED(T, held, kPositions * kStretch);
    // Channels of all cells, counted through, have fewer than 32 bits: 64-bit divisions would cost more than the memory.
    const unsigned channels = static_cast<unsigned>(work.channels), width = static_cast<unsigned>(work.width), height = static_cast<unsigned>(work.height);
    const unsigned frames = static_cast<unsigned>(work.frames), dropped = static_cast<unsigned>(work.dropped);
    const unsigned all = static_cast<unsigned>(work.batch) * frames * height * width * channels, tile = blockIdx.x * kTile;

    for (int line = static_cast<int>(threadIdx.x); line < kTile * kPositions / kPerLine<T>; line += kThreads) {
        const int in_tile = line * kPerLine<T>;  // element of y
        const unsigned channel = tile + static_cast<unsigned>(in_tile / kPositions);
        if (channel >= all) break;
        const unsigned m = channel % channels * kPositions + static_cast<unsigned>(in_tile % kPositions);
        Line<T> y = load_line(static_cast<const T*>(work.y) + std::int64_t{channel} * kPositions + in_tile % kPositions);
        if (work.bias != nullptr) {
            const Line<T> bias = load_line(static_cast<const T*>(work.bias) + m);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) y.v[i] += bias.v[i];
        }
        if (work.skip != nullptr) {
            const unsigned tiled = m % static_cast<unsigned>(work.skip_channels);
            const Line<T> skip = load_line(static_cast<const T*>(work.skip) + channel / channels * work.skip_channels + tiled);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) y.v[i] += skip.v[i];
        }
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) held[(in_tile + i) % kPositions * kStretch + (in_tile + i) / kPositions] = narrow<T>(y.v[i]);
    }
    __syncthreads();

    constexpr int kLines = kTile / kPerLine<T>;  // of one position
    for (int line = static_cast<int>(threadIdx.x); line < kLines * kPositions; line += kThreads) {
        const int position = line / kLines, in_tile = line % kLines * kPerLine<T>;
        const unsigned channel = tile + static_cast<unsigned>(in_tile);
        if (channel >= all) continue;
        const unsigned cell = channel / channels, row = cell / width, bt = row / height, b = bt / frames;
        const std::int64_t w = 2 * (cell % width) + position % 2, h = 2 * (row % height) + position / 2 % 2;
        const std::int64_t t = 2 * (bt % frames) + position / 4 - static_cast<std::int64_t>(dropped);
        if (t < 0) continue;
        const std::int64_t pixel = ((b * std::int64_t{2 * frames - dropped} + t) * 2 * height + h) * 2 * width + w;
        put(reinterpret_cast<uint4*>(static_cast<T*>(work.out) + pixel * channels + channel % channels), MIRRORME_SHARED_LINE(held, position * kStretch + in_tile));
    }
}

}  // namespace

Refusal depth_to_space(const DepthToSpace& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return with_type(work.type, [&](auto type) {
        const std::int64_t all = work.batch * work.frames * work.height * work.width * work.channels;
        return launch(stream, dim3(static_cast<unsigned>((all + kTile - 1) / kTile)), dim3(kThreads), unfold<decltype(type)>, work);
    });
}

}  // namespace mirrorme::kernels::cuda
