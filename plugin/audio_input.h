#pragma once
// The source or track whose sound drives an avatar: found, held weakly, followed, found again.

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "plugin/host/audio_tap.h"
#include "plugin/host/avatar_status.h"
#include "plugin/obs_handle.h"

namespace mirrorme {

/// Note [Whose sound]
/// A source is held weakly, so that OBS can remove it, and looked for again by UUID, then by name, until it is there: it may be made after us, or be
/// removed and made again. A renamed source is still the same; its new name is stored in the moment it gets it. libobs holds the callbacks' lock while it calls heard(), so attaching and
/// detaching wait for a call in flight, and heard() itself takes no lock: it writes to the tap and returns.
///
/// The worker's thread, except where said.
class AudioInput {
public:
    /// `self`: the avatar's own source, which is never its own input. Both outlive this object.
    AudioInput(obs_source_t* self, AudioTap& tap);
    ~AudioInput() { detach(); }
    AudioInput(const AudioInput&) = delete;
    AudioInput& operator=(const AudioInput&) = delete;

    /// Attaches what `choice` asks for as soon as it exists; cheap when nothing has changed.
    void look_after(std::int64_t now_ns, const InputChoice& choice, InputStatus& status);
    void detach();

    /// `renamed` was called `before`: where the settings of avatar `self` name it, they name it anew. Any thread.
    static void store_new_name(obs_source_t* self, obs_source_t* renamed, const char* before);

    /// The attached source; null for a track, or while there is none.
    obs::Source voice() const { return obs::source_of(weak_.get()); }

private:
    static void heard_source(void* self, obs_source_t* source, const struct audio_data* audio, bool muted);
    static void heard_track(void* self, std::size_t mix, struct audio_data* audio);
    void heard(const struct audio_data* audio, bool muted) noexcept;

    obs::Source find(const InputChoice& choice) const;
    void attach(obs_source_t* source);
    void attach_track(int track);
    void follow_name(obs_source_t* source, const InputChoice& choice);

    obs_source_t* self_;
    AudioTap& tap_;
    std::size_t channels_;

    InputChoice choice_;
    obs::WeakSource weak_;
    int track_ = 0;
    std::string name_;
    std::string followed_;  // what a renamed source is called now; empty = it was not renamed since it was chosen
    std::int64_t looked_ns_ = 0;
};

}  // namespace mirrorme
