#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <random>
#include <vector>

#include "audio/speech_gate.h"

using namespace mirrorme;

namespace {

/// Hops of noise-like sound at `db`, then how many of them found the gate open.
int open_hops(SpeechGate& gate, double db, int hops, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> noise(0, static_cast<float>(std::pow(10, db / 20)));
    int open = 0;
    for (int h = 0; h < hops; ++h) {
        float samples[SpeechGate::kHopSamples];
        for (float& x : samples) x = noise(random);
        open += gate.process(samples).open ? 1 : 0;
    }
    return open;
}

}  // namespace

TEST_CASE("speech level opens within two hops, and the hold keeps it open", "[gate]") {
    SpeechGate gate;
    CHECK(open_hops(gate, -75, 100) == 0);
    CHECK(open_hops(gate, -25, 50) == 49);  // all but the first hop
    CHECK(open_hops(gate, -75, 100) == 25);  // 250 ms
}

TEST_CASE("one loud hop alone is a click", "[gate]") {
    SpeechGate gate;
    open_hops(gate, -75, 100);
    CHECK(open_hops(gate, -10, 1) == 0);
    CHECK(open_hops(gate, -75, 50) == 0);
}

TEST_CASE("below the threshold it never opens, however quiet the room", "[gate]") {
    SpeechGate gate;
    open_hops(gate, -90, 300);
    CHECK(open_hops(gate, -56, 200) == 0);
    SpeechGateSettings sensitive;
    sensitive.threshold_db = -70;
    gate.reset();
    gate.update(sensitive);
    open_hops(gate, -88, 300);
    CHECK(open_hops(gate, -56, 200) > 100);
}

TEST_CASE("a steady fan is learnt, speech over it still opens", "[gate]") {
    SpeechGate gate;
    open_hops(gate, -38, 60 * 100);
    CHECK(open_hops(gate, -38, 500) == 0);
    CHECK(open_hops(gate, -20, 50) >= 48);
}

TEST_CASE("a long sentence does not close the gate", "[gate]") {
    SpeechGate gate;
    open_hops(gate, -75, 300);
    int open = 0;
    for (int syllable = 0; syllable < 100; ++syllable) {  // 20 s of 150 ms syllables and 50 ms gaps
        open += open_hops(gate, -22, 15, static_cast<unsigned>(syllable) + 2);
        open += open_hops(gate, -55, 5, 999);
    }
    CHECK(open >= 1998);
}

TEST_CASE("a direct-current offset is no sound", "[gate]") {
    SpeechGate gate;
    std::vector<float> offset(SpeechGate::kHopSamples, 0.5f);
    for (int h = 0; h < 100; ++h) {
        const SpeechGate::Hop hop = gate.process(offset);
        CHECK(!hop.open);
        CHECK(hop.level_db < -100);
    }
}

TEST_CASE("reset starts over", "[gate]") {
    SpeechGate gate, fresh;
    open_hops(gate, -20, 500);
    gate.reset();
    CHECK(open_hops(gate, -30, 200, 5) == open_hops(fresh, -30, 200, 5));
}
