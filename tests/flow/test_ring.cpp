#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <numeric>
#include <thread>
#include <vector>

#include "audio/ring.h"

using namespace mirrorme;

namespace {

std::vector<float> ramp(SampleIndex first, std::size_t count) {
    std::vector<float> samples(count);
    std::iota(samples.begin(), samples.end(), static_cast<float>(first));
    return samples;
}

/// Everything in the ring as (index, value) pairs that must agree.
std::size_t drain_and_check(AudioRing& ring, std::size_t room, SampleIndex& expected) {
    return ring.drain(room, [&](SampleIndex first, std::span<const float> samples) {
        for (std::size_t i = 0; i < samples.size(); ++i) {
            const SampleIndex index = first + static_cast<SampleIndex>(i);
            if (index != expected || samples[i] != static_cast<float>(index)) throw std::logic_error("out of order");
            ++expected;
        }
    });
}

}  // namespace

TEST_CASE("an empty ring gives nothing", "[ring]") {
    AudioRing ring(64, 8);
    SampleIndex at = 0;
    CHECK(drain_and_check(ring, 1000, at) == 0);
    CHECK(ring.size() == 0);
}

TEST_CASE("blocks keep order and index across the wrap", "[ring]") {
    AudioRing ring(64, 8);
    SampleIndex written = 0, read = 0;
    for (int round = 0; round < 100; ++round) {
        const std::size_t count = 1 + static_cast<std::size_t>(round * 7 % 40);
        REQUIRE(ring.push(written, ramp(written, count)) == count);
        written += static_cast<SampleIndex>(count);
        drain_and_check(ring, 1000, read);
        REQUIRE(read == written);
    }
    CHECK(ring.dropped() == 0);
}

TEST_CASE("a full ring drops the newest and counts; offer keeps count of nothing", "[ring]") {
    AudioRing ring(16, 8);
    CHECK(ring.push(0, ramp(0, 10)) == 10);
    CHECK(ring.push(10, ramp(10, 10)) == 6);
    CHECK(ring.dropped() == 4);
    CHECK(ring.offer(20, ramp(20, 10)) == 0);
    CHECK(ring.dropped() == 4);
    SampleIndex at = 0;
    CHECK(drain_and_check(ring, 1000, at) == 16);  // nothing that was accepted is lost
    CHECK(ring.offer(16, ramp(16, 5)) == 5);
}

TEST_CASE("too many blocks count as full", "[ring]") {
    AudioRing ring(64, 2);
    CHECK(ring.push(0, ramp(0, 1)) == 1);
    CHECK(ring.push(1, ramp(1, 1)) == 1);
    CHECK(ring.push(2, ramp(2, 1)) == 0);
    CHECK(ring.dropped() == 1);
}

TEST_CASE("drain stops at the room given and goes on inside the block", "[ring]") {
    AudioRing ring(64, 8);
    ring.push(5, ramp(5, 30));
    SampleIndex at = 5;
    CHECK(drain_and_check(ring, 7, at) == 7);
    CHECK(at == 12);
    CHECK(ring.size() == 23);
    CHECK(drain_and_check(ring, 100, at) == 23);
}

TEST_CASE("front tells where the next sample lies, drain_front takes one block", "[ring]") {
    AudioRing ring(64, 8);
    CHECK(!ring.front());
    ring.push(5, ramp(5, 10));
    ring.push(100, ramp(100, 10));
    CHECK(ring.front() == 5);
    SampleIndex at = 5;
    auto take = [&](SampleIndex first, std::span<const float> samples) {
        CHECK(first == at);
        at = first + static_cast<SampleIndex>(samples.size());
    };
    CHECK(ring.drain_front(4, take) == 4);
    CHECK(ring.front() == 9);
    CHECK(ring.drain_front(1000, take) == 6);
    CHECK(ring.front() == 100);
    at = 100;
    CHECK(ring.drain_front(1000, take) == 10);
    CHECK(ring.drain_front(1000, take) == 0);
}

TEST_CASE("clear forgets what was pushed and the ring goes on", "[ring]") {
    AudioRing ring(64, 8);
    ring.push(0, ramp(0, 40));
    ring.clear();
    CHECK(ring.size() == 0);
    ring.push(100, ramp(100, 40));
    SampleIndex at = 100;
    CHECK(drain_and_check(ring, 100, at) == 40);
}

TEST_CASE("one producer and one consumer thread lose and reorder nothing", "[ring]") {
    AudioRing ring(1024, 64);
    constexpr SampleIndex kTotal = 400'000;
    std::thread producer([&] {
        SampleIndex written = 0;
        std::size_t size = 1;
        while (written < kTotal) {
            size = size * 31 % 257 + 1;
            const auto block = ramp(written, std::min<std::size_t>(size, static_cast<std::size_t>(kTotal - written)));
            std::size_t done = 0;
            while (done < block.size()) {
                const std::size_t taken = ring.offer(written + static_cast<SampleIndex>(done), std::span(block).subspan(done));
                done += taken;
                if (taken == 0) std::this_thread::yield();
            }
            written += static_cast<SampleIndex>(block.size());
        }
    });
    SampleIndex read = 0;
    while (read < kTotal)
        if (drain_and_check(ring, 333, read) == 0) std::this_thread::yield();
    producer.join();
    CHECK(read == kTotal);
    CHECK(ring.dropped() == 0);
}
