#pragma once
// The engine processes of this OBS: one per model bundle and device, shared by every avatar that uses it.

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "plugin/host/engine_port.h"
#include "service/client/engine_supervisor.h"

namespace mirrorme {

/// Any thread. A process is started when somebody asks for it, and ended when nobody has asked for half a minute and no session uses it.
class EngineHub final : public EnginePort {
public:
    struct Options {
        std::filesystem::path program;       // empty = none was found: problem says where it was looked for
        Remark problem;
        std::vector<std::string> arguments;  // after `serve ...`
        std::filesystem::path log;           // the engine's own
    };

    explicit EngineHub(Options options);
    /// Ends the processes. Sessions must be gone.
    ~EngineHub() override;

    std::shared_ptr<Engine> engine(const EngineChoice& choice) override;
    EngineState state(const EngineChoice& choice) const override;
    void report_hang(const EngineChoice& choice, const Engine* engine, const Remark& what) override;
    void report_work(const EngineChoice& choice, const Engine* engine) override;
    void restart(const EngineChoice& choice) override;

private:
    struct Entry {
        std::shared_ptr<EngineSupervisor> supervisor;
        std::int64_t asked_ns = 0;
    };
    std::shared_ptr<EngineSupervisor> find(const EngineChoice& choice) const;
    void sweep();

    Options options_;
    mutable std::mutex mutex_;
    std::condition_variable ending_changed_;
    mutable std::map<EngineChoice, Entry> entries_;
    bool ending_ = false;
    std::thread sweeper_;
};

/// Where the engine's program is: $MIRRORME_ENGINE, beside the module, or in libexec/obs-mirrorme. An empty path where it is nowhere; `problem` then
/// says what was tried.
std::filesystem::path find_engine_program(const std::filesystem::path& module_folder, Remark& problem);

}  // namespace mirrorme
