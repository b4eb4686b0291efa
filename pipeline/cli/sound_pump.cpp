#include "cli/sound_pump.h"

#include <utility>

namespace mirrorme::cli {

SoundPump::SoundPump(AudioReader& reader, std::size_t block_frames)
    : reader_(reader), block_frames_(block_frames), thread_([this] { read_all(); }) {}

SoundPump::~SoundPump() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    reader_.interrupt();
    room_.notify_all();
    thread_.join();
}

SoundPump::Take SoundPump::take(AudioBlock& block) {
    const std::lock_guard lock(mutex_);
    if (!blocks_.empty()) {
        block = std::move(blocks_.front());
        blocks_.pop_front();
        room_.notify_one();
        return Take::block;
    }
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    return ended_ ? Take::ended : Take::not_yet;
}

void SoundPump::read_all() {
    std::exception_ptr failure;
    try {
        for (AudioBlock block; reader_.read(block, block_frames_);) {
            std::unique_lock lock(mutex_);
            room_.wait(lock, [this] { return blocks_.size() < kMaxBlocks || closing_; });
            if (closing_) break;
            blocks_.push_back(std::move(block));
        }
    } catch (...) {
        failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    failure_ = failure;
    ended_ = true;
}

}  // namespace mirrorme::cli
