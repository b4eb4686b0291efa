#include "ops/captured_work.h"

#include <atomic>
#include <exception>

#include "core/log.h"

namespace mirrorme {
namespace {

// Of a key: levels of a stream that passes through them in one chunk are not worth a graph, unless they were made ready for it.
constexpr int kRunsAsTheyAre = 8, kRunsInWarmUp = 1;

std::atomic<bool> graphs_enabled{true};
thread_local WorkWatcher* watcher_here = nullptr;
thread_local int warming_up = 0;

}  // namespace

WarmUpScope::WarmUpScope() { ++warming_up; }
WarmUpScope::~WarmUpScope() { --warming_up; }

bool CapturedWork::wanted(torch::Device device) {
    return graphs_enabled.load(std::memory_order_relaxed) && (watcher_here != nullptr || runtime_for(device) != nullptr);
}

void CapturedWork::enable(bool graphs) noexcept { graphs_enabled.store(graphs, std::memory_order_relaxed); }

WorkWatcher* CapturedWork::watch(WorkWatcher* watcher) noexcept {
    WorkWatcher* before = watcher_here;
    watcher_here = watcher;
    return before;
}

void CapturedWork::run(const WorkKey& key, const std::function<void()>& work) {
    if (watcher_here != nullptr) return watcher_here->run(name_, key, work);
    if (!failed_ && wanted(device_)) {
        Recorded& recorded = recorded_[key];
        if (recorded.graph == nullptr && ++recorded.runs > (warming_up > 0 ? kRunsInWarmUp : kRunsAsTheyAre)) record(recorded, work);
        if (recorded.graph != nullptr) {
            ++counts_.replayed;
            return recorded.graph->replay();
        }
    }
    ++counts_.as_is;
    work();
}

void CapturedWork::record(Recorded& recorded, const std::function<void()>& work) {
    try {
        recorded.graph = runtime_for(device_)->capture(device_, first_, work);
        recorded.work = work;
        if (first_ == nullptr) first_ = recorded.graph.get();
        ++counts_.recorded;
    } catch (const std::exception& problem) {
        failed_ = true;
        log_warning(name_ + " cannot be recorded as a graph and goes on without one: " + problem.what());
    }
}

}  // namespace mirrorme
