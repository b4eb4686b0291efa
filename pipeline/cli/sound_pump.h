#pragma once
// Reads sound on a thread of its own, so that waiting for a slow pipe never keeps finished frames waiting.

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>

#include "media/audio_reader.h"

namespace mirrorme::cli {

/// A bounded queue of blocks. Producer: its own thread, which waits when the queue is full. Consumer: one thread, which never waits.
/// Empty: take() says not_yet, or ended after the last block; an error of the reader is thrown from take() once the blocks before it are taken.
class SoundPump {
public:
    SoundPump(AudioReader& reader, std::size_t block_frames);
    /// Interrupts the reader, which is of no use afterwards, and waits for the thread.
    ~SoundPump();
    SoundPump(const SoundPump&) = delete;
    SoundPump& operator=(const SoundPump&) = delete;

    enum class Take { block, not_yet, ended };
    Take take(AudioBlock& block);

private:
    void read_all();

    static constexpr std::size_t kMaxBlocks = 64;

    AudioReader& reader_;
    std::size_t block_frames_;
    std::mutex mutex_;
    std::condition_variable room_;
    std::deque<AudioBlock> blocks_;
    std::exception_ptr failure_;
    bool ended_ = false, closing_ = false;
    std::thread thread_;
};

}  // namespace mirrorme::cli
