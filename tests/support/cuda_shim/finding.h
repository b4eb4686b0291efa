#pragma once
// Mistakes the shim finds. A launch ends at its first one.

#include <string>

namespace mirrorme::shim {

enum class Fault {
    out_of_bounds,     // an address in no buffer, or past the end of a shared array
    misaligned,        // a vector access that a device refuses
    uninitialised,     // a read of shared or output memory that nothing has written
    input_written,     // a write to a buffer that the host gave as input
    race,              // two threads, no barrier between them, one of them writing
    barrier_missed,    // some threads wait at __syncthreads, others have returned
    barrier_diverged,  // the threads of a block wait at different __syncthreads, or at a barrier and in a warp operation
    warp_diverged,     // a lane named in a warp operation's mask never gets there, or names another mask
    bad_lane,          // a shuffle reads a lane outside the mask, or the caller is not in its own mask
    memory_fault,      // an unchecked access hit a guard page
    slack_written,     // an unchecked write landed between a buffer's end and its guard page
    bad_launch,        // a grid, block or shared memory size that no device takes
};

struct Finding {
    Fault fault;
    std::string text;
};

}  // namespace mirrorme::shim
