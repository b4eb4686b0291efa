#include "support/cuda_shim/launch.h"

#include <setjmp.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <random>

#include "support/cuda_shim/cuda_runtime.h"
#include "support/cuda_shim/fiber.h"

uint3 threadIdx, blockIdx;
dim3 blockDim, gridDim;

namespace mirrorme::shim {
namespace {

constexpr std::size_t kSharedLimit = 48 * 1024;  // bytes a block may have without asking for more
constexpr std::uint64_t kMostThreads = 1024;

enum class State { runnable, at_barrier, in_warp, finished };

struct Thread {
    Fiber fiber;
    State state = State::finished;
    uint3 index{};
    std::uint16_t warp_barriers = 0;
    std::source_location barrier;
    WarpOperation operation{};
    std::uint32_t mask = 0;
    std::uint64_t value = 0;
    int source_lane = 0;
};

struct SharedSite {
    const void* site;
    std::size_t offset;
};

struct Machine {
    std::mt19937_64 random{0};
    std::vector<Finding> findings;
    std::vector<std::unique_ptr<Thread>> threads;
    std::size_t running = 0, count = 0;      // thread that runs; threads of the block
    std::uint32_t launches = 0, block = 0, barriers = 0;
    std::optional<Finding> failed;
    const std::function<void()>* body = nullptr;
    Traffic traffic;
    std::vector<std::size_t> order;          // of the threads, drawn again for every round
    std::vector<SharedSite> sites;
    std::vector<std::byte> shared;
    std::size_t shared_used = 0, dynamic_shared = 0;
    Shadow shared_shadow;
    sigjmp_buf on_fault;
};

Machine& machine() {
    static Machine instance;
    return instance;
}

Touch now() {
    const Machine& m = machine();
    return {m.launches, m.block, m.barriers, static_cast<std::uint16_t>(m.running), m.threads[m.running]->warp_barriers};
}

std::string here() {
    const Machine& m = machine();
    return " (block " + std::to_string(m.block) + " thread " + std::to_string(m.running) + ")";
}

struct Abandoned {};  // unwinds the thread that made the mistake; the others are left where they wait, and hold nothing

void run_thread(void*) {
    Machine& m = machine();
    try {
        (*m.body)();
    } catch (const Abandoned&) {
    }
    m.threads[m.running]->state = State::finished;
}

void wait(State state) {
    machine().threads[machine().running]->state = state;
    Fiber::pause();
}

void resume(std::size_t index) {
    Machine& m = machine();
    m.running = index;
    threadIdx = m.threads[index]->index;
    m.threads[index]->fiber.resume();
}

std::string place(const std::source_location& where) {
    const std::string file = where.file_name();
    return file.substr(file.rfind('/') + 1) + ":" + std::to_string(where.line());
}

bool same(const std::source_location& a, const std::source_location& b) {
    return a.line() == b.line() && a.column() == b.column() && std::strcmp(a.file_name(), b.file_name()) == 0;
}

/// Gives every lane of a complete warp operation its result.
void finish_warp_operation(std::size_t first, std::uint32_t mask) {
    Machine& m = machine();
    const auto of = [&](int lane) -> Thread& { return *m.threads[first + static_cast<std::size_t>(lane)]; };
    std::array<std::uint64_t, 32> given{};
    for (int lane = 0; lane < 32; ++lane)
        if (mask >> lane & 1) given[static_cast<std::size_t>(lane)] = of(lane).value;
    std::uint64_t all = 0, sum = 0, high = 0, low = ~std::uint64_t{0};
    bool whole_warp = true;
    for (int lane = 0; lane < 32 && first + static_cast<std::size_t>(lane) < m.count; ++lane) {
        if (!(mask >> lane & 1)) {
            whole_warp = whole_warp && of(lane).state == State::finished;
            continue;
        }
        const std::uint64_t value = given[static_cast<std::size_t>(lane)];
        if (value != 0) all |= std::uint64_t{1} << lane;
        sum += value, high = std::max(high, value), low = std::min(low, value);
    }
    for (int lane = 0; lane < 32; ++lane) {
        if (!(mask >> lane & 1)) continue;
        Thread& thread = of(lane);
        switch (thread.operation) {
            case WarpOperation::sync: thread.warp_barriers = static_cast<std::uint16_t>(thread.warp_barriers + whole_warp); break;
            case WarpOperation::shuffle: thread.value = given[static_cast<std::size_t>(thread.source_lane)]; break;
            case WarpOperation::ballot: thread.value = all; break;
            case WarpOperation::sum: thread.value = sum; break;
            case WarpOperation::max: thread.value = high; break;
            case WarpOperation::min: thread.value = low; break;
        }
        thread.state = State::runnable;
    }
}

/// Lets warps go whose lanes have all arrived. False: none has.
bool release_warps() {
    Machine& m = machine();
    bool released = false;
    for (std::size_t i = 0; i < m.count; ++i) {
        const Thread& thread = *m.threads[i];
        if (thread.state != State::in_warp) continue;
        const std::size_t first = i / 32 * 32;
        bool complete = true;
        for (std::size_t lane = 0; lane < 32 && complete; ++lane) {
            if (!(thread.mask >> lane & 1)) continue;
            complete = first + lane < m.count && m.threads[first + lane]->state == State::in_warp && m.threads[first + lane]->mask == thread.mask &&
                       m.threads[first + lane]->operation == thread.operation;
        }
        if (!complete) continue;
        finish_warp_operation(first, thread.mask);
        released = true;
    }
    return released;
}

/// Nobody can run and no warp is complete: either everybody stands at one barrier, or something is wrong.
std::optional<Finding> release_block() {
    Machine& m = machine();
    std::size_t waiting = 0, finished = 0;
    const Thread *in_warp = nullptr, *at_barrier = nullptr, *elsewhere = nullptr;
    for (std::size_t i = 0; i < m.count; ++i) {
        const Thread& thread = *m.threads[i];
        waiting += thread.state == State::at_barrier;
        finished += thread.state == State::finished;
        if (thread.state == State::in_warp) in_warp = &thread;
        if (thread.state != State::at_barrier) continue;
        if (at_barrier == nullptr) at_barrier = &thread;
        else if (!same(at_barrier->barrier, thread.barrier)) elsewhere = &thread;
    }
    const std::string block = "block " + std::to_string(m.block) + ": ";
    if (in_warp != nullptr)
        return Finding{Fault::warp_diverged, block + "a lane in the mask of thread " + std::to_string(in_warp->index.x) + "'s warp operation never joins it" +
                                                 (at_barrier != nullptr ? "; others wait at " + place(at_barrier->barrier) : "")};
    if (elsewhere != nullptr)
        return Finding{Fault::barrier_diverged, block + "threads wait at " + place(at_barrier->barrier) + " and at " + place(elsewhere->barrier)};
    if (finished > 0)
        return Finding{Fault::barrier_missed, block + std::to_string(finished) + " threads have returned, " + std::to_string(waiting) + " wait at " +
                                                  place(at_barrier->barrier)};
    ++m.barriers;
    for (std::size_t i = 0; i < m.count; ++i) m.threads[i]->state = State::runnable;
    return std::nullopt;
}

void run_block(const LaunchShape& shape) {
    Machine& m = machine();
    std::vector<std::size_t>& order = m.order;
    m.barriers = 0;
    m.sites.clear();
    m.shared_used = (m.dynamic_shared + 15) / 16 * 16;
    m.shared_shadow.reset(m.shared_used);
    for (std::size_t i = 0; i < m.count; ++i) {
        Thread& thread = *m.threads[i];
        thread.state = State::runnable;
        thread.warp_barriers = 0;
        thread.index.x = static_cast<unsigned>(i % shape.block.x);
        thread.index.y = static_cast<unsigned>(i / shape.block.x % shape.block.y);
        thread.index.z = static_cast<unsigned>(i / shape.block.x / shape.block.y);
        thread.fiber.start(run_thread, nullptr);
    }
    for (;;) {
        std::shuffle(order.begin(), order.end(), m.random);
        bool ran = false;
        for (const std::size_t i : order) {
            if (m.threads[i]->state != State::runnable) continue;
            ran = true;
            resume(i);
            if (m.failed) return;
        }
        if (release_warps() || ran) continue;
        const auto all_done = std::all_of(order.begin(), order.end(), [&](std::size_t i) { return m.threads[i]->state == State::finished; });
        if (all_done) return;
        if ((m.failed = release_block())) return;
    }
}

extern "C" void on_memory_fault(int) { siglongjmp(machine().on_fault, 1); }

/// SIGSEGV and SIGBUS end the launch, on a stack of their own: the fiber's may be what overflowed.
class FaultTrap {
public:
    FaultTrap() {
        stack_t stack{};
        stack.ss_sp = memory_.data();
        stack.ss_size = memory_.size();
        sigaltstack(&stack, &old_stack_);
        struct sigaction action {};
        action.sa_handler = on_memory_fault;
        action.sa_flags = SA_ONSTACK;
        sigaction(SIGSEGV, &action, &old_[0]);
        sigaction(SIGBUS, &action, &old_[1]);
    }
    ~FaultTrap() {
        sigaction(SIGSEGV, &old_[0], nullptr);
        sigaction(SIGBUS, &old_[1], nullptr);
        sigaltstack(&old_stack_, nullptr);
    }

private:
    std::vector<std::byte> memory_ = std::vector<std::byte>(64 * 1024);
    stack_t old_stack_{};
    struct sigaction old_[2] {};
};

/// Has no state of its own that siglongjmp could spoil.
void run_blocks(const LaunchShape& shape, const std::vector<std::uint32_t>& blocks) {
    if (sigsetjmp(machine().on_fault, 1) == 0) {
        for (const std::uint32_t block : blocks) {
            machine().block = block;
            blockIdx.x = block % shape.grid.x;
            blockIdx.y = block / shape.grid.x % shape.grid.y;
            blockIdx.z = block / shape.grid.x / shape.grid.y;
            run_block(shape);
            if (machine().failed) return;
        }
    } else {
        Fiber::abandoned();
        machine().failed = Finding{Fault::memory_fault, "an access that nothing checked left its buffer" + here()};
    }
}

std::optional<Finding> refuse(const LaunchShape& shape) {
    const Extent &g = shape.grid, &b = shape.block;
    const auto text = [](const Extent& e) { return std::to_string(e.x) + " x " + std::to_string(e.y) + " x " + std::to_string(e.z); };
    if (b.count() == 0 || b.count() > kMostThreads || b.z > 64) return Finding{Fault::bad_launch, "a block of " + text(b) + " threads"};
    if (g.count() == 0 || g.x > 0x7FFFFFFFu || g.y > 65535 || g.z > 65535) return Finding{Fault::bad_launch, "a grid of " + text(g) + " blocks"};
    if (shape.dynamic_shared > kSharedLimit) return Finding{Fault::bad_launch, std::to_string(shape.dynamic_shared) + " bytes of dynamic shared memory"};
    return std::nullopt;
}

}  // namespace

void set_order(std::uint64_t seed) { machine().random.seed(seed); }

Traffic last_traffic() { return machine().traffic; }

std::vector<Finding> take_findings() {
    std::vector<Finding> taken;
    taken.swap(machine().findings);
    return taken;
}

bool launch(const LaunchShape& shape, const std::function<void()>& thread) {
    Machine& m = machine();
    if (auto refused = refuse(shape)) {
        m.findings.push_back(*refused);
        return false;
    }
    m.failed.reset();
    m.traffic = {};
    m.body = &thread;
    m.dynamic_shared = shape.dynamic_shared;
    m.shared.resize(kSharedLimit);
    m.count = shape.block.count();
    while (m.threads.size() < m.count) m.threads.push_back(std::make_unique<Thread>());
    m.order.resize(m.count);
    std::iota(m.order.begin(), m.order.end(), std::size_t{0});
    ++m.launches;
    gridDim = dim3(shape.grid.x, shape.grid.y, shape.grid.z);
    blockDim = dim3(shape.block.x, shape.block.y, shape.block.z);

    const FaultTrap trap;
    std::vector<std::uint32_t> blocks(shape.grid.count());
    std::iota(blocks.begin(), blocks.end(), 0u);
    std::shuffle(blocks.begin(), blocks.end(), m.random);
    run_blocks(shape, blocks);
    if (const Buffer* damaged = find_damaged(); damaged != nullptr && !m.failed)
        m.failed = Finding{Fault::slack_written, "bytes beside buffer " + damaged->name() + " were overwritten by an access that nothing checked"};
    if (m.failed) m.findings.push_back(*m.failed);
    return !m.failed;
}

void fail(Fault fault, std::string text) {
    Machine& m = machine();
    m.failed = Finding{fault, std::move(text)};
    throw Abandoned{};
}

void check_global(const void* address, std::size_t bytes, std::size_t alignment, bool writes, Way way) {
    const char* what = writes ? "write of " : "read of ";
    Buffer* buffer = find_buffer(address);
    if (buffer == nullptr) fail(Fault::out_of_bounds, what + std::to_string(bytes) + " bytes where no buffer is" + here());
    const std::size_t first = static_cast<std::size_t>(static_cast<const std::byte*>(address) - buffer->data());
    if (first + bytes > buffer->size())
        fail(Fault::out_of_bounds, what + std::to_string(bytes) + " bytes at byte " + std::to_string(first) + " of buffer " + buffer->name() + ", which has " +
                                       std::to_string(buffer->size()) + here());
    if (reinterpret_cast<std::uintptr_t>(address) % alignment != 0)
        fail(Fault::misaligned, what + std::to_string(bytes) + " bytes at byte " + std::to_string(first) + " of buffer " + buffer->name() + here());
    Traffic& traffic = machine().traffic;
    std::optional<Finding> found;
    if (!writes || way == Way::atomic) {
        traffic.read += bytes;
        found = buffer->read(first, bytes, now(), way);
    }
    if (writes && !found) {
        traffic.written += bytes;
        found = buffer->write(first, bytes, now(), way);
    }
    if (found) fail(found->fault, "buffer " + buffer->name() + ": " + found->text);
}

std::size_t shared_offset(const void* site, std::size_t bytes, std::size_t alignment) {
    Machine& m = machine();
    for (const SharedSite& known : m.sites)
        if (known.site == site) return known.offset;
    const std::size_t offset = (m.shared_used + alignment - 1) / alignment * alignment;
    if (offset + bytes > kSharedLimit) fail(Fault::bad_launch, "more than 48 KiB of shared memory" + here());
    m.shared_used = offset + bytes;
    m.shared_shadow.grow(m.shared_used);
    m.sites.push_back({site, offset});
    return offset;
}

std::size_t dynamic_shared_offset() { return 0; }
std::size_t dynamic_shared_bytes() { return machine().dynamic_shared; }
std::byte* shared_bytes(std::size_t offset) { return machine().shared.data() + offset; }

void check_shared(std::size_t offset, std::size_t bytes, bool writes, Way way) {
    Shadow& shadow = machine().shared_shadow;
    std::optional<Finding> found;
    if (!writes || way == Way::atomic) found = shadow.read(offset, bytes, now(), way);
    if (writes && !found) found = shadow.write(offset, bytes, now(), way);
    if (found) fail(found->fault, "shared memory: " + found->text);
}

void block_barrier(const std::source_location& where) {
    machine().threads[machine().running]->barrier = where;
    wait(State::at_barrier);
}

std::uint64_t warp_wait(WarpOperation operation, std::uint32_t mask, std::uint64_t value, int source_lane) {
    Thread& thread = *machine().threads[machine().running];
    if (!(mask >> lane() & 1)) fail(Fault::bad_lane, "lane " + std::to_string(lane()) + " is not in its own mask" + here());
    if (operation == WarpOperation::shuffle && !(mask >> source_lane & 1))
        fail(Fault::bad_lane, "lane " + std::to_string(lane()) + " reads lane " + std::to_string(source_lane) + ", which is not in the mask" + here());
    thread.operation = operation;
    thread.mask = mask;
    thread.value = value;
    thread.source_lane = source_lane;
    wait(State::in_warp);
    return thread.value;
}

int lane() { return static_cast<int>(machine().running % 32); }

}  // namespace mirrorme::shim
