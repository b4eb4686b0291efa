#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <stdexcept>

#include "engine/session/worker.h"

using namespace mirrorme;

namespace {

struct Counting : Worker::Turn {
    std::atomic<int> turns{0};
    int limit;
    explicit Counting(int turn_limit) : limit(turn_limit) {}
    Worker::Progress take_turn() noexcept override { return turns.fetch_add(1) + 1 < limit ? Worker::Progress::made : Worker::Progress::waiting; }
};

}  // namespace

TEST_CASE("tasks run on the worker's thread and their exceptions come back", "[worker]") {
    std::atomic<bool> started{false};
    Worker worker([&] { started = true; });
    std::thread::id there, again;
    worker.run([&] { there = std::this_thread::get_id(); });
    worker.run([&] { again = std::this_thread::get_id(); });
    CHECK(started);
    CHECK(there != std::this_thread::get_id());
    CHECK(there == again);
    CHECK_THROWS_AS(worker.run([] { throw std::runtime_error("no"); }), std::runtime_error);
}

TEST_CASE("sessions take turns, and none after it is detached", "[worker]") {
    Worker worker;
    Counting a(100), b(100);
    worker.attach(a);
    worker.attach(b);
    while (a.turns < 100 || b.turns < 100) std::this_thread::yield();
    worker.detach(a);
    const int a_turns = a.turns, b_turns = b.turns;
    while (b.turns < b_turns + 3) {
        worker.wake();
        std::this_thread::yield();
    }
    CHECK(a.turns == a_turns);
    worker.detach(b);
}
