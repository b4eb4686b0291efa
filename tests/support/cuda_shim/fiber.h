#pragma once
// A stack of its own for one device thread, switched by hand: a few nanoseconds, no system call. One scheduler, one thread.

#include <cstddef>
#include <memory>

namespace mirrorme::shim {

class Fiber {
public:
    using Entry = void (*)(void* argument);

    Fiber();
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// The next resume() begins `entry(argument)` on an empty stack; what ran there before is forgotten.
    void start(Entry entry, void* argument);
    /// From the scheduler: runs until the fiber pauses or its entry returns.
    void resume();
    bool finished() const;

    /// Inside a fiber: back to the scheduler, until resume().
    static void pause();
    /// Called by the scheduler after it left a fiber by siglongjmp.
    static void abandoned();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace mirrorme::shim
