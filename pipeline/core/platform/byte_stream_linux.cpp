#include "core/platform/byte_stream.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>

#include "core/platform/posix_error.h"

namespace mirrorme::platform {
namespace {
constexpr int kPatienceMs = 100;
}

bool is_stream(const std::filesystem::path& path) noexcept {
    std::error_code failed;
    const auto status = std::filesystem::status(path, failed);
    return !failed && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) && !std::filesystem::is_directory(status);
}

ByteStream::ByteStream(const std::filesystem::path& path) {
    owned_ = path != "-";
    descriptor_ = owned_ ? ::open(path.c_str(), O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (descriptor_ < 0) throw error_of(errno, path, "open it");
}

ByteStream::~ByteStream() {
    if (owned_) ::close(descriptor_);
}

ByteStream::Result ByteStream::read(std::span<std::byte> buffer, std::size_t& count, const std::function<bool()>& stop) noexcept {
    count = 0;
    while (!stop()) {
        pollfd waiting{descriptor_, POLLIN, 0};
        const int ready = ::poll(&waiting, 1, kPatienceMs);
        if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
        if (ready < 0) return Result::failed;
        const ssize_t got = ::read(descriptor_, buffer.data(), buffer.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (got < 0) return Result::failed;
        count = static_cast<std::size_t>(got);
        return got == 0 ? Result::end : Result::data;
    }
    return Result::stopped;
}

}  // namespace mirrorme::platform
