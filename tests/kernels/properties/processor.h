#pragma once
// Where an operation is tried: the CPU's functions, the device's code in the shim, or a device. The same properties run on all three.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kernels/include/tensor_operations.h"

namespace mirrorme::testing {

enum class Use { input, output, in_place };

/// Memory the operations may touch, for one call or several.
class Place {
public:
    virtual ~Place() = default;
    virtual void* at() = 0;
    virtual std::vector<std::byte> fetch() = 0;
    /// Bytes of an output that nothing has written, or an empty string.
    virtual std::string complaint() { return {}; }
};

class Processor {
public:
    virtual ~Processor() = default;
    virtual const char* name() const = 0;
    virtual const kernels::TensorOperations& operations() const = 0;
    /// `bytes` are copied in; those of an output are what is there before (a pattern no result has).
    virtual std::unique_ptr<Place> place(const char* label, Use use, const std::vector<std::byte>& bytes) = 0;
    /// After a call: waits, and says what went wrong; empty: nothing.
    virtual std::string finish() = 0;
    /// Bytes the last call read and wrote, where the processor can tell.
    virtual bool traffic(std::uint64_t& read, std::uint64_t& written) { return static_cast<void>(read), static_cast<void>(written), false; }
};

}  // namespace mirrorme::testing
