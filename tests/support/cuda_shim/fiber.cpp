#include "support/cuda_shim/fiber.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <new>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif
#if !defined(__x86_64__)
#include <ucontext.h>
#endif

namespace mirrorme::shim {
namespace {

constexpr std::size_t kStack = 128 * 1024;  // bytes; the lowest page is a guard

#if defined(__x86_64__)
// Saves what the System V calling convention asks a function to keep, then goes on at another stack pointer.
extern "C" void mirrorme_shim_switch(void** save, void* load);
asm(R"(
.text
.type mirrorme_shim_switch, @function
mirrorme_shim_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size mirrorme_shim_switch, . - mirrorme_shim_switch
)");

struct Context {
    void* stack_pointer = nullptr;
};
void prepare(Context& context, char* stack, void (*entry)()) {
    // Six registers to pop, the address `ret` goes to, and one word, so that the entry finds its stack as after a call.
    void** top = reinterpret_cast<void**>(stack + kStack);
    *--top = nullptr;
    *--top = reinterpret_cast<void*>(entry);
    for (int i = 0; i < 6; ++i) *--top = nullptr;
    context.stack_pointer = top;
}
void switch_to(Context& from, Context& to) { mirrorme_shim_switch(&from.stack_pointer, to.stack_pointer); }
#else
struct Context {
    ucontext_t context;
};
void prepare(Context& context, char* stack, void (*entry)()) {
    getcontext(&context.context);
    context.context.uc_stack.ss_sp = stack;
    context.context.uc_stack.ss_size = kStack;
    context.context.uc_link = nullptr;
    makecontext(&context.context, entry, 0);
}
void switch_to(Context& from, Context& to) { swapcontext(&from.context, &to.context); }
#endif

Context scheduler;

}  // namespace

struct Fiber::State {
    char* stack = nullptr;
    Context context;
    Entry entry = nullptr;
    void* argument = nullptr;
    bool done = true;
#if defined(__SANITIZE_THREAD__)
    void* tsan = __tsan_create_fiber(0);
    void* tsan_scheduler = nullptr;
#endif
#if defined(__SANITIZE_ADDRESS__)
    void* fake_stack = nullptr;
    void* scheduler_fake_stack = nullptr;
    const void* scheduler_stack = nullptr;
    std::size_t scheduler_size = 0;
#endif

    static State* current;

    void enter() {
        current = this;
#if defined(__SANITIZE_THREAD__)
        tsan_scheduler = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(tsan, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(&scheduler_fake_stack, stack, kStack);
#endif
        switch_to(scheduler, context);
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(scheduler_fake_stack, nullptr, nullptr);
#endif
        current = nullptr;
    }
    void arrived() {
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_finish_switch_fiber(fake_stack, &scheduler_stack, &scheduler_size);
#endif
    }
    void leave() {
#if defined(__SANITIZE_THREAD__)
        __tsan_switch_to_fiber(tsan_scheduler, 0);
#endif
#if defined(__SANITIZE_ADDRESS__)
        __sanitizer_start_switch_fiber(done ? nullptr : &fake_stack, scheduler_stack, scheduler_size);
#endif
        switch_to(context, scheduler);
        arrived();
    }
    static void run() {
        State& self = *current;
        self.arrived();
        self.entry(self.argument);
        self.done = true;
        self.leave();
    }
};

Fiber::State* Fiber::State::current = nullptr;

Fiber::Fiber() : state_(std::make_unique<State>()) {
    void* memory = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    mprotect(memory, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), PROT_NONE);
    state_->stack = static_cast<char*>(memory);
}

Fiber::~Fiber() {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(state_->tsan);
#endif
    munmap(state_->stack, kStack);
}

void Fiber::start(Entry entry, void* argument) {
    state_->entry = entry;
    state_->argument = argument;
    state_->done = false;
#if defined(__SANITIZE_ADDRESS__)
    state_->fake_stack = nullptr;
#endif
    prepare(state_->context, state_->stack, &State::run);
}

void Fiber::resume() { state_->enter(); }
bool Fiber::finished() const { return state_->done; }
void Fiber::pause() { State::current->leave(); }
void Fiber::abandoned() { State::current = nullptr; }

}  // namespace mirrorme::shim
