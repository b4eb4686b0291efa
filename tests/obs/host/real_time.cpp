#include "obs/host/real_time.h"

#include <malloc.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>

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
    std::ifstream file("/proc/self/statm");
    long size = 0, resident = 0;
    file >> size >> resident;
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

std::size_t count_of(const char* what) { return count_files(std::string("/proc/self/") + what); }

}  // namespace mirrorme::testing
