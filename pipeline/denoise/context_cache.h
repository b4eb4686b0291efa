#pragma once
// What a stream remembers: keys and values of the reference picture, of the stream's first latent frame and of the last k latent
// frames, of every block; and of the sound of those k. Memory is allocated once and does not grow.

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "denoise/dit_model.h"

namespace mirrorme {

class StepProgram;

/// How positions are counted in a stream.
enum class StreamPositions {
    capped,    // from just before the window: a ten-hour stream looks to the model like its first seconds
    absolute,  // from the stream's start: equal to one pass over the whole clip, for tests and short clips
};

struct StreamShape {
    int64_t batch = 1;
    LatentGrid grid;
    int levels = 1;  // histories kept: one (clean) or one a sampling step (step-matched)
    torch::Tensor used = {};  // StreamSetup::used, on the model's device
    FirstLatent start = FirstLatent::still;
    StreamPositions positions = StreamPositions::capped;
};

/// Keys and values of `slots` frames of `tokens` tokens for every level and block, [levels, L, B, slots * tokens, D].
class KeyValueStore {
public:
    KeyValueStore(const DitModel& model, const StreamShape& shape, int64_t slots, int64_t tokens);

    /// Writes one frame's tokens of all blocks, x.k and x.v [L, B, tokens, D].
    void put_all(int64_t level, int64_t slot, const KeysValues& x);
    /// Writes one frame's tokens, x.k and x.v [B, tokens, D].
    void put(int64_t level, int64_t block, int64_t slot, const KeysValues& x);
    /// One frame's tokens of all blocks, the memory itself: [L, B, tokens, D].
    KeysValues frame(int64_t level, int64_t slot) const;
    /// The slots' tokens of all blocks, in this order: [L, B, slots.size() * tokens, D].
    KeysValues take(int64_t level, const std::vector<int64_t>& slots) const;

private:
    int64_t tokens_;
    torch::Tensor k_, v_;
};

/// Rotation tables that are made again only when the positions change: in a running stream they do not. The table of one number of frames
/// stays in one place (Note [What may stand in captured work], ops/captured_work.h).
class KeptRope {
public:
    template <typename Make>
    const RopeTable& get(const std::vector<double>& numbers, Make make) {
        Kept& kept = kept_[numbers.size()];
        if (kept.table.defined() && numbers == kept.numbers) return kept.table;
        const RopeTable table = make(numbers);
        if (!kept.table.defined()) {
            kept.table = table;
        } else {
            kept.table.cos.copy_(table.cos);
            kept.table.sin.copy_(table.sin);
        }
        kept.numbers = numbers;
        return kept.table;
    }

private:
    struct Kept {
        std::vector<double> numbers;
        RopeTable table;
    };
    std::map<std::size_t, Kept> kept_;  // by the number of frames
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

    /// Before the steps of a chunk: positions of its tokens and what it hears (`audio` = its own as audio_keys_values() gives it, or undefined).
    void begin_chunk(const DitModel& model, IndexSpan latents, const KeysValues& audio);
    /// Fills the workspaces with the context at `level`; once a chunk for clean history, before every step for step-matched.
    void load_context(const DitModel& model, int64_t level);
    /// Remembers the chunk's keys and values (one pair a block, unrotated) at `level`.
    void remember(int64_t level, const std::vector<KeysValues>& made);
    /// The same of keys [L, B, N, D]; the values are those that lie behind the context in the workspaces.
    void remember_in_place(int64_t level, const torch::Tensor& keys);
    /// After the last remember().
    void end_chunk(const KeysValues& audio);

    const RopeTable& rope() const { return rope_; }
    std::vector<AttentionWorkspace>& workspaces() { return workspaces_; }
    /// The stream's captured calls, by the latent frames of a chunk; Denoiser's.
    std::map<int64_t, std::shared_ptr<StepProgram>>& programs() { return programs_; }
    AudioContext& audio() { return audio_; }

private:
    /// Number of the video frame where `latent` lies for the chunk in hand.
    double number_of(LatentIndex latent) const;
    std::vector<int64_t> visible_slots() const;
    std::vector<int64_t> visible_sounds() const;
    void hear(const DitModel& model, const KeysValues& audio);

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
    std::map<std::pair<int64_t, int64_t>, torch::Tensor> window_masks_;  // by remembered sounds and latents of the chunk
    std::map<int64_t, std::shared_ptr<StepProgram>> programs_;
};

}  // namespace mirrorme
