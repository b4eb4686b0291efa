#pragma once
// Bytes from standard input, a pipe or a device: places that can make a reader wait for ever.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>

namespace mirrorme::platform {

/// True for what exists and is neither a regular file nor a folder: pipes, sockets, devices.
bool is_stream(const std::filesystem::path& path) noexcept;

class ByteStream {
public:
    /// "-" is standard input, which stays open afterwards. Throws Error.
    explicit ByteStream(const std::filesystem::path& path);
    ~ByteStream();
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;

    enum class Result { data, end, stopped, failed };
    /// Waits for the next bytes, asking `stop` about ten times a second. `count` of them are in `buffer` when the result is data.
    Result read(std::span<std::byte> buffer, std::size_t& count, const std::function<bool()>& stop) noexcept;

private:
    int descriptor_ = -1;
    bool owned_ = false;
};

}  // namespace mirrorme::platform
