#pragma once
// Who has asked which voice to wait, what we changed for it, and how it is undone.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "plugin/host/avatar_config.h"
#include "plugin/obs_handle.h"

namespace mirrorme {

/// Note [Nothing of ours stays behind]
/// A voice is changed in one of two ways: its sync offset grows by L (mode offset), or it leaves the mix (mode own: its tracks are cleared). The user's
/// own value, and ours, are written into the voice's private settings in the same moment. OBS saves both with the source, so that whatever is found at the
/// next start (after a crash, or after the usual end, which saves before it destroys) says of itself what to undo: recover() does.
/// A value that somebody else changed meanwhile is the user's wish: it is kept, with L on top.
///
/// Any thread; a mutex is held while libobs is asked for and given values, never while it calls back.
class DelayBook {
public:
    DelayBook();
    ~DelayBook();
    DelayBook(const DelayBook&) = delete;
    DelayBook& operator=(const DelayBook&) = delete;

    /// `owner` wants `voice` to wait `ns`. Repeating it is cheap; another voice, mode or time takes the place of the owner's last wish. Several owners of
    /// one voice get the longest wait. `heard_ns`: when (os_gettime_ns) the voice gave its last block. True once it waits; false meanwhile, and, with a
    /// sentence, when it cannot (two owners want different modes).
    struct Wish {
        DelayMode mode = DelayMode::offset;
        std::int64_t ns = 0;
        std::int64_t heard_ns = 0;
    };
    bool claim(const void* owner, const Wish& wish, obs_source_t* voice, std::string& problem);
    void release(const void* owner);

    /// Undoes what an earlier run left on `voice`, unless it is claimed now.
    void recover(obs_source_t* voice);

private:
    struct Entry {
        obs::WeakSource voice;
        DelayMode mode = DelayMode::offset;
        std::int64_t original = 0, applied = 0;  // ns, or mixer bits; applied: what we set last
        std::int64_t nudged_ns = 0;              // when the first of the two steps was taken (Note [Twice]); 0 = no step is due
        std::map<const void*, std::int64_t> owners;  // and the ns each wants
    };
    void release_locked(const void* owner, const obs_weak_source_t* keep = nullptr);
    void apply(Entry& entry, obs_source_t* voice, std::int64_t heard_ns);
    static void set(Entry& entry, obs_source_t* voice, std::int64_t value);
    void undo(Entry& entry);
    void recover_locked(obs_source_t* voice);
    static void appeared(void* self, calldata_t* data);

    std::mutex mutex_;
    std::map<obs_weak_source_t*, Entry> entries_;
};

}  // namespace mirrorme
