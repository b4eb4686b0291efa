#pragma once
// What a stream remembers: keys and values of the reference picture, of the stream's first latent frame and of the last k latent
// frames, of every block; and of the sound of those k. Memory is allocated once and does not grow.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "denoise/dit_model.h"

namespace mirrorme {

/// How positions are counted in a stream.
enum class StreamPositions {
    capped,    // from just before the window: a ten-hour stream looks to the model like its first seconds
    absolute,  // from the stream's start: equal to one pass over the whole clip, for tests and short clips
};

struct StreamShape {
    int64_t batch = 1;
    LatentGrid grid;
    int levels = 1;  // histories kept: one (clean) or one a sampling step (step-matched)
    torch::Tensor used;  // StreamSetup::used, on the model's device
    FirstLatent start = FirstLatent::still;
    StreamPositions positions = StreamPositions::capped;
};

/// Keys and values of `slots` frames of `tokens` tokens for every level and block, [levels, L, B, slots * tokens, D].
class KeyValueStore {
public:
    KeyValueStore(const DitModel& model, const StreamShape& shape, int64_t slots, int64_t tokens);

    /// Writes one frame's tokens, x.k and x.v [B, tokens, D].
    void put(int64_t level, int64_t block, int64_t slot, const KeysValues& x);
    /// The slots' tokens of all blocks, in this order: [L, B, slots.size() * tokens, D].
    KeysValues take(int64_t level, const std::vector<int64_t>& slots) const;

private:
    int64_t tokens_;
    torch::Tensor k_, v_;
};

/// A rotation table that is made again only when the positions change: in a running stream they do not.
class KeptRope {
public:
    template <typename Make>
    const RopeTable& get(const std::vector<double>& numbers, Make make) {
        if (!table_.defined() || numbers != numbers_) {
            table_ = make(numbers);
            numbers_ = numbers;
        }
        return table_;
    }

private:
    std::vector<double> numbers_;
    RopeTable table_;
};

/// One stream's memory. One thread. Made by Denoiser::start, which also fills it.
class ContextCache {
public:
    ContextCache(const DitModel& model, const StreamShape& shape);

    const StreamShape& shape() const { return shape_; }
    /// Latent frame that comes next; frames before it that were skipped are simply not remembered.
    LatentIndex next() const { return next_; }
    /// A new stream of the same picture: forgets everything but the identity and the text.
    void restart(FirstLatent start);

    void set_identity(const DitModel& model, const std::vector<KeysValues>& identity);
    void set_text(TextContext text) { text_ = std::move(text); }
    const TextContext& text() const { return text_; }

    /// Before the steps of a chunk: positions of its tokens and what it hears (`audio` = its own, one pair a block, unrotated).
    void begin_chunk(const DitModel& model, IndexSpan latents, const std::vector<KeysValues>& audio);
    /// Fills the workspaces with the context at `level`; once a chunk for clean history, before every step for step-matched.
    void load_context(const DitModel& model, int64_t level);
    /// Remembers the chunk's keys and values (one pair a block, unrotated) at `level`.
    void remember(int64_t level, const std::vector<KeysValues>& made);
    /// After the last remember().
    void end_chunk(const std::vector<KeysValues>& audio);

    const RopeTable& rope() const { return rope_; }
    std::vector<AttentionWorkspace>& workspaces() { return workspaces_; }
    AudioContext& audio() { return audio_; }

private:
    /// Number of the video frame where `latent` lies for the chunk in hand.
    double number_of(LatentIndex latent) const;
    std::vector<int64_t> visible_slots() const;
    std::vector<int64_t> visible_sounds() const;
    void hear(const DitModel& model, const std::vector<KeysValues>& audio);

    ContextConfig context_;
    GridConfig grid_;
    StreamShape shape_;
    TextContext text_;

    KeyValueStore frames_, sounds_;               // slot 0 = anchor, 1.. = window; sounds: window only
    std::vector<LatentIndex> slot_latent_, sound_latent_;  // -1 = empty
    torch::Tensor work_k_, work_v_, sound_k_, sound_v_;    // [L, B, tokens, D]
    std::vector<AttentionWorkspace> workspaces_;

    LatentIndex next_ = 0;
    IndexSpan chunk_;
    RopeTable rope_;
    AudioContext audio_;
    KeptRope query_rope_, context_rope_, listener_rope_, sound_rope_;
    int64_t masked_sounds_ = -1;                  // number of remembered sounds that audio_.window_mask is made for
};

}  // namespace mirrorme
