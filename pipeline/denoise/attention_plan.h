#pragma once
// Who sees whom in one pass: the sequence of latent frames the transformer runs on, and the masks that follow from it.

#include <torch/torch.h>

#include <vector>

#include "denoise/dit_config.h"
#include "denoise/positions.h"

namespace mirrorme {

// Note [Teacher forcing]
// A stream makes chunk m from finished latents of the chunks before it, each of which was run through the transformer once at
// time 0 and left its keys and values behind. One pass over [identity | clean frames | noisy frames] computes the same for all
// chunks of a clip at once: clean frames see what they saw when they were appended, noisy frames see the clean frames before
// their chunk and their own chunk's noise. With step-matched history a stream's past is what it was at the same step, so
// [identity | noisy frames] is enough.

enum class FrameRole { identity, clean, noisy };

struct SequenceFrame {
    FrameRole role = FrameRole::noisy;
    LatentIndex latent = 0;  // since the stream's start; identity: not used
};

struct SequencePlan {
    std::vector<SequenceFrame> frames;
    ContextConfig context;

    int64_t size() const { return static_cast<int64_t>(frames.size()); }
    int64_t listening_from() const;  // first frame that is no identity
};

/// Chunk of `latent`; a plan's chunks are counted from the stream's start.
constexpr LatentIndex chunk_of(LatentIndex latent, int chunk) { return latent / chunk; }

/// True when a chunk that starts at `chunk_first` knows of the earlier latent `past`: it is in the window, or it is the anchor.
constexpr bool remembers(const ContextConfig& context, LatentIndex chunk_first, LatentIndex past) {
    return past < chunk_first && (past >= chunk_first - context.window || (context.anchor && past == 0));
}

/// [F, F] bool, row = the frame that looks; undefined where every frame sees every frame.
torch::Tensor frame_visibility(const SequencePlan& plan);

/// Which latent frames' sound a listening frame hears in the full view: its chunk's and the window's before it; [F', T'] bool,
/// undefined = all (bidirectional). Latents of the sound: [first_latent, first_latent + sounds).
torch::Tensor full_hearing(const SequencePlan& plan, LatentIndex first_latent, int64_t sounds);
/// The window view: its own latent's sound alone.
torch::Tensor window_hearing(const SequencePlan& plan, LatentIndex first_latent, int64_t sounds);

/// A mask of frames as one of tokens: every row `rows` times, every column `columns` times.
torch::Tensor spread_mask(const torch::Tensor& frames, int64_t rows, int64_t columns);

}  // namespace mirrorme
