#pragma once
// Work of fixed shapes in fixed memory, which a device records once and then queues as a whole (a CUDA graph). Elsewhere it simply runs.
//
// Note [What may stand in captured work]
// A replay queues the operations of the recorded run on the addresses of the recorded run. So whatever is run under one key must, every time, be
// the same operations with the same numbers on the same memory. What changes comes in tensors that stay where they are and are copied into before;
// results leave the same way. Nothing inside asks the device for a value (.item(), a mask as an index), moves anything from or to the host's memory,
// or draws random numbers. `work` owns what it uses: it is not called for a replay. tests/support/work_check.h holds all of that to it on the CPU.

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ops/device_runtime.h"

namespace mirrorme {

/// Everything that decides which operations run on which memory, as numbers.
using WorkKey = std::vector<std::int64_t>;

/// Stands in a thread's way to captured work (tests).
class WorkWatcher {
public:
    virtual ~WorkWatcher() = default;
    virtual void run(const std::string& name, const WorkKey& key, const std::function<void()>& work) = 0;
};

/// While it lives, this thread's work is recorded with a key's second run. Whoever opens a stream lets it pass through all that it will do (twice), so
/// that nothing has to be recorded, which takes milliseconds, while somebody watches.
class WarmUpScope {
public:
    WarmUpScope();
    ~WarmUpScope();
    WarmUpScope(const WarmUpScope&) = delete;
    WarmUpScope& operator=(const WarmUpScope&) = delete;
};

/// One thread. The graphs of one object share the memory of their temporaries.
class CapturedWork {
public:
    /// `name`: for the log.
    CapturedWork(std::string name, torch::Device device) : name_(std::move(name)), device_(device) {}

    /// Queues `work`. Where graphs are wanted, a key's first runs are as they are (they choose algorithms and load code), one in a WarmUpScope, a few
    /// more outside; then it is recorded. What cannot be recorded goes on without a graph, and the log says why.
    void run(const WorkKey& key, const std::function<void()>& work);

    /// Whether work on `device` is recorded here and now, so that it must live in fixed memory: there is a device library or a watcher, and graphs
    /// are not switched off.
    static bool wanted(torch::Device device);
    /// Process-wide, before any work; on at the start.
    static void enable(bool graphs) noexcept;
    /// Of this thread, instead of a device; null: none. Returns the one before.
    static WorkWatcher* watch(WorkWatcher* watcher) noexcept;

    struct Counts {
        std::int64_t recorded = 0, replayed = 0, as_is = 0;
    };
    const Counts& counts() const { return counts_; }

private:
    struct Recorded {
        int runs = 0;
        std::unique_ptr<DeviceGraph> graph;
        std::function<void()> work;  // what was recorded: keeps the memory that the graph speaks of
    };
    void record(Recorded& recorded, const std::function<void()>& work);

    std::string name_;
    torch::Device device_;
    std::map<WorkKey, Recorded> recorded_;
    const DeviceGraph* first_ = nullptr;  // in recorded_, whose memory the others share
    bool failed_ = false;
    Counts counts_;
};

}  // namespace mirrorme
