#pragma once
// What several tests of performances share.

#include <catch2/catch_test_macros.hpp>

#include <memory>

#include "core/error.h"
#include "train/performance/performance_generator.h"

namespace mirrorme::testing {

/// One generator for all tests: starting the voices costs more than a performance. Skips the test in a build without voices.
inline const PerformanceGenerator& generator() {
    static std::unique_ptr<PerformanceGenerator> instance;
    try {
        if (!instance) instance = std::make_unique<PerformanceGenerator>();
    } catch (const Error& error) {
        if (error.code() != ErrorCode::unsupported) throw;
        SKIP(error.what());
    }
    return *instance;
}

inline PerformanceOptions of_frames(int frames) {
    PerformanceOptions options;
    options.frames = frames;
    return options;
}

}  // namespace mirrorme::testing
