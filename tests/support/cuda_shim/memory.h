#pragma once
// Memory with a shadow: of every byte is known whether it was written, and which thread last wrote and read it.
// A device buffer lies between two pages that nobody may touch, its end as near to the upper one as 16-byte alignment allows.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "support/cuda_shim/finding.h"

namespace mirrorme::shim {

/// Who touches memory, and when: two touches of one launch are ordered by a barrier both threads passed, or not at all.
struct Touch {
    std::uint32_t launch = 0, block = 0, barriers = 0;       // barriers: __syncthreads passed by the block
    std::uint16_t thread = 0, warp_barriers = 0;             // warp_barriers: __syncwarp of the whole warp since the launch began

    bool unordered_with(const Touch& other) const {
        if (launch != other.launch || launch == 0) return false;
        if (block != other.block) return true;
        return thread != other.thread && barriers == other.barriers &&
               (thread / 32 != other.thread / 32 || warp_barriers == other.warp_barriers);
    }
};

enum class Way { plain, atomic };

class Shadow {
public:
    explicit Shadow(std::size_t bytes = 0) : bytes_(bytes) {}
    void reset(std::size_t bytes) { bytes_.assign(bytes, Byte{}); }
    void grow(std::size_t bytes) { bytes_.resize(bytes); }
    std::size_t size() const { return bytes_.size(); }
    void mark_written(std::size_t first, std::size_t count);
    std::size_t unwritten() const;

    std::optional<Finding> read(std::size_t first, std::size_t count, const Touch& now, Way way);
    std::optional<Finding> write(std::size_t first, std::size_t count, const Touch& now, Way way);

private:
    struct Byte {
        Touch written_by, read_by, also_read_by;
        bool written = false, atomically = false;
    };
    std::vector<Byte> bytes_;
};

enum class Role { input, output, in_place };  // in_place: has values and may be written

/// Owner of one device buffer. While it lives, kernels may touch it; its address is that of real memory.
class Buffer {
public:
    /// Copies `values` in. Those of an output count as unwritten; null: bytes 0xCD.
    Buffer(std::string name, Role role, const void* values, std::size_t bytes);
    ~Buffer();
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;

    std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    const std::string& name() const { return name_; }
    std::size_t unwritten() const { return shadow_.unwritten(); }  // bytes
    bool slack_intact() const;

    std::optional<Finding> read(std::size_t first, std::size_t count, const Touch& now, Way way);
    std::optional<Finding> write(std::size_t first, std::size_t count, const Touch& now, Way way);

private:
    std::string name_;
    Role role_;
    std::byte *mapping_ = nullptr, *data_ = nullptr;
    std::size_t mapped_ = 0, size_ = 0, slack_ = 0;
    Shadow shadow_;
};

/// The buffer `address` lies in, or the nearest one below it; null where there is none.
Buffer* find_buffer(const void* address);
/// First buffer whose bytes around it were overwritten.
Buffer* find_damaged();

}  // namespace mirrorme::shim
