#pragma once
// SHA-256 (FIPS 180-4) of files and buffers, so that checking a bundle needs no crypto library on a GPU box.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mirrorme {

class Sha256 {
public:
    void update(std::span<const std::byte> bytes);
    /// The digest as 64 lower-case hex digits. The object is spent afterwards.
    std::string hex();

private:
    void compress(const std::byte* blocks, std::size_t count);

    std::array<std::uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64> pending_{};
    std::uint64_t length_bytes_ = 0;
};

std::string sha256_hex(std::span<const std::byte> bytes);

}  // namespace mirrorme
