#include "obs/host/real_time.h"

#include <malloc.h>
#include <pthread.h>

#include <atomic>
#include <fstream>
#include <string>

#include "core/platform/process.h"
#include "support/temp_folder.h"

namespace mirrorme::testing {
namespace {

constexpr int kPriority = 5;
std::atomic<std::int64_t> worst_ns{0};

}  // namespace

void run_before_others() {
    thread_local bool done = false;
    if (done) return;
    done = true;
    sched_param parameter{};
    parameter.sched_priority = kPriority;
    ::pthread_setschedparam(::pthread_self(), SCHED_RR, &parameter);
}

std::int64_t waited_for_processor_ns() {
    std::ifstream file("/proc/thread-self/schedstat");
    std::int64_t run = 0, waited = 0;
    file >> run >> waited;
    return waited;
}

void note_late(std::int64_t ns) noexcept {
    std::int64_t worst = worst_ns.load();
    while (ns > worst && !worst_ns.compare_exchange_weak(worst, ns)) {
    }
}

std::int64_t worst_late_ns() noexcept { return worst_ns; }
void forget_late() noexcept { worst_ns = 0; }

double resident_mb() {
    ::malloc_trim(0);  // what each thread's allocator keeps for later is nobody's leak
    return static_cast<double>(platform::resident_memory_bytes()) / 1e6;
}

std::size_t count_of(const char* what) { return count_files(std::string("/proc/self/") + what); }

}  // namespace mirrorme::testing
