// Every property of the tensor operations (properties/), on the CPU's functions and on the device's code in the shim. On a device the
// same properties are run by tests/gpu.

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "kernels/properties/cpu_processor.h"
#include "kernels/properties/shim_processor.h"
#include "kernels/properties/trial.h"
#include "support/cuda_shim/launch.h"

using namespace mirrorme::testing;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kShare = 8;  // a sanitizer gives every fiber bookkeeping of its own
#else
constexpr int kShare = 1;
#endif

void run_all(Processor& processor) {
    for (const Property& property : properties()) {
        DYNAMIC_SECTION(property.name) {
            for (int round = 0; round < (property.rounds + kShare - 1) / kShare; ++round) {
                mirrorme::shim::set_order(static_cast<std::uint64_t>(round));
                Trial trial(processor, static_cast<std::uint64_t>(round) * 7919 + 1);
                property.check(trial);
                for (const std::string& failure : trial.failures()) FAIL_CHECK("seed " << round << ": " << failure);
                if (!trial.failures().empty()) break;
            }
            SUCCEED();
        }
    }
}

}  // namespace

TEST_CASE("tensor operations on the CPU keep their properties") {
    CpuProcessor processor;
    run_all(processor);
}

TEST_CASE("tensor operations' device code, run by the shim, keeps their properties") {
    ShimProcessor processor;
    run_all(processor);
}
