#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

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

namespace {

/// Has `left` chunks to make, the first due at `due`, each later one `period` after it; writes its name down for each.
struct Due : Worker::Turn {
    Due(char given_name, int chunks, std::optional<std::int64_t> first, std::int64_t every, std::string& written) : name(given_name), left(chunks), due(first), period(every), order(written) {}
    Worker::Progress take_turn() noexcept override {
        if (left == 0) return Worker::Progress::waiting;
        order += name;
        if (due) *due += period;
        --left;  // last: who sees 0 may read the order
        return Worker::Progress::made;
    }
    std::optional<std::int64_t> deadline_ns() const noexcept override { return due; }

    char name;
    std::atomic<int> left;
    std::optional<std::int64_t> due;
    std::int64_t period;
    std::string& order;
};

/// In which order `turns` are taken when all are there from the start.
std::string order_of(std::initializer_list<Due*> turns, const std::string& order) {
    Worker worker;
    std::atomic<bool> go{false};
    struct Gate : Worker::Turn {
        explicit Gate(std::atomic<bool>& opened) : open(opened) {}
        Worker::Progress take_turn() noexcept override { return open ? Worker::Progress::ended : Worker::Progress::made; }
        std::optional<std::int64_t> deadline_ns() const noexcept override { return -1; }
        std::atomic<bool>& open;
    } gate{go};
    worker.attach(gate);  // is always due first and makes progress: nobody else gets a turn
    for (Due* turn : turns) worker.attach(*turn);
    go = true;
    for (Due* turn : turns)
        while (turn->left > 0) std::this_thread::yield();
    worker.detach(gate);
    for (Due* turn : turns) worker.detach(*turn);
    return order;
}

}  // namespace

TEST_CASE("the chunk that is due first is made first, files in the time that is left", "[worker]") {
    std::string order;
    Due slow('s', 2, 500, 1000, order), quick('q', 6, 100, 300, order), file('f', 3, std::nullopt, 0, order), other('o', 3, std::nullopt, 0, order);
    // Due at 100, 400, 700, 1000, 1300, 1600 and at 500, 1500.
    CHECK(order_of({&file, &slow, &quick, &other}, order) == "qqsqqqsqfofofo");
}

TEST_CASE("those that are due together take turns", "[worker]") {
    std::string order;
    Due a('a', 3, 100, 0, order), b('b', 3, 100, 0, order), c('c', 3, 100, 0, order);
    CHECK(order_of({&a, &b, &c}, order) == "abcabcabc");
}

TEST_CASE("turns take no more than their share of the time, and tasks do not wait for it", "[worker]") {
    struct Working : Worker::Turn {
        Worker::Progress take_turn() noexcept override {
            const auto start = std::chrono::steady_clock::now();
            while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(2)) {
            }
            ++turns;
            return Worker::Progress::made;
        }
        std::atomic<int> turns{0};
    } working;
    Worker worker;
    worker.run([&] { worker.set_share(0.25); });
    const auto start = std::chrono::steady_clock::now();
    worker.attach(working);
    while (working.turns < 6) std::this_thread::yield();
    CHECK(std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(5 * 8));  // the pause after the sixth is not over
    worker.run([&] { worker.set_share(0.0001); });
    while (working.turns < 7) std::this_thread::yield();
    // A pause of 20 s has begun: what is asked of the thread is done meanwhile, and it ends when it shall.
    bool done = false;
    worker.run([&] { done = true; });
    CHECK(done);
    CHECK(working.turns == 7);
    worker.detach(working);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
}
