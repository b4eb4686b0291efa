#pragma once
// Clips that a training's windows are cut from.

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace mirrorme {

/// Clips by number, made when they are first wanted and kept until they fall behind. Any thread; a clip wanted by two threads is made
/// once.
template <class Clip>
class KeptClips {
public:
    using Maker = std::function<Clip(std::uint64_t seed)>;
    explicit KeptClips(Maker maker) : maker_(std::move(maker)) {}

    /// `seed` makes the clip and belongs to the number: one number always comes with one seed. Throws what the maker throws.
    std::shared_ptr<const Clip> get(std::uint64_t number, std::uint64_t seed) {
        std::promise<std::shared_ptr<const Clip>> promise;
        Entry entry;
        {
            std::lock_guard lock(mutex_);
            const auto found = clips_.find(number);
            if (found != clips_.end()) entry = found->second;
            else clips_.emplace(number, promise.get_future().share());
        }
        if (entry.valid()) return entry.get();
        try {
            auto clip = std::make_shared<const Clip>(maker_(seed));
            promise.set_value(clip);
            return clip;
        } catch (...) {
            promise.set_exception(std::current_exception());
            throw;
        }
    }

    /// Clips below `number` will not be wanted any more.
    void forget_below(std::uint64_t number) {
        std::lock_guard lock(mutex_);
        clips_.erase(clips_.begin(), clips_.lower_bound(number));
    }

    std::size_t size() const {
        std::lock_guard lock(mutex_);
        return clips_.size();
    }

private:
    using Entry = std::shared_future<std::shared_ptr<const Clip>>;
    Maker maker_;
    mutable std::mutex mutex_;
    std::map<std::uint64_t, Entry> clips_;
};

}  // namespace mirrorme
