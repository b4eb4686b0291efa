#pragma once
// A MirrorMe Avatar in the host, spoken to as panels and scripts speak to it: by settings, procs and signals.

#include <nlohmann/json.hpp>

#include <chrono>
#include <functional>
#include <string>

#include "obs/host/obs_host.h"

namespace mirrorme::testing {

inline constexpr const char* kAvatarId = "mirrorme_avatar";

struct Reply {
    bool accepted = false;
    std::string problem;
};

class Avatar {
public:
    /// On the test-card engine, without a picture of its own unless `settings_json` names one, hearing `voice` ("" = automatic).
    Avatar(const std::string& name, const std::string& voice, const std::string& settings_json = "{}");

    obs_source_t* source() const noexcept { return source_.get(); }
    void set(const std::string& settings_json) { update_source(source(), settings_json); }

    nlohmann::json status() const;
    nlohmann::json gestures() const;
    std::string diagnostics() const;
    Reply trigger(const std::string& gesture, const std::string& action = "tap") const;
    void call(const char* proc) const;
    /// Waits for a status that pleases; the last one seen is returned either way, with "in_time" beside its fields.
    nlohmann::json wait(std::chrono::milliseconds limit, const std::function<bool(const nlohmann::json&)>& pleases) const;
    /// Waits for a running engine and frames on the screen.
    nlohmann::json wait_speaking(std::chrono::milliseconds limit = std::chrono::seconds(15)) const;
    void release() { source_.reset(); }

private:
    SourcePtr source_;
};

/// The settings every avatar of these tests is made with: its size and, with `voice`, what it listens to.
nlohmann::json avatar_settings(const std::string& voice);

/// Kills the engine's process the hard way.
void kill_engine(const nlohmann::json& status);

}  // namespace mirrorme::testing
