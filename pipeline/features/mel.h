#pragma once
// Log-mel spectrum: what the small model hears of a voice. Frame k covers samples [160 k - 400, 160 k) of the signal: it ends at
// its own index, so that nothing of the future is in it.

#include <torch/torch.h>

#include "features/feature_times.h"

namespace mirrorme {

inline constexpr int64_t kMelHop = 160;     // samples: 10 ms
inline constexpr int64_t kMelWindow = 400;  // samples: 25 ms
inline constexpr int64_t kMelBins = 80;

/// Triangles of equal width on the mel scale (2595 log10(1 + f / 700)) between 20 Hz and 7600 Hz, each of sum one:
/// [kMelBins, fft / 2 + 1].
torch::Tensor mel_filterbank(int64_t fft);

/// Constants only; never trained, never stored.
class LogMel {
public:
    LogMel();
    /// samples [B, kMelWindow + kMelHop * (n - 1)] float32 at 16 kHz -> [B, kMelBins, n], about -1 (silence) .. 1.5 (loud).
    torch::Tensor forward(const torch::Tensor& samples) const;

private:
    static constexpr int64_t kFft = 512;
    torch::Tensor window_, filters_;
};

}  // namespace mirrorme
