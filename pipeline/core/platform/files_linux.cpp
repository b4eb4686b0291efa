#include "core/files.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "core/error.h"
#include "core/platform/posix_error.h"
#include "core/platform/process.h"

namespace mirrorme {
namespace fs = std::filesystem;
namespace {

using platform::error_of;

struct Descriptor {
    int value;
    explicit Descriptor(int v) : value(v) {}
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

/// A rename is durable only once the folder is. Some file systems cannot sync a folder; the file itself is safe then too.
void sync_folder(const fs::path& folder) {
    const Descriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (handle.value >= 0) ::fsync(handle.value);
}

}  // namespace

MappedFile::MappedFile(const fs::path& path) {
    const Descriptor handle(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (handle.value < 0) throw error_of(errno, path, "open it");
    struct stat facts {};
    if (::fstat(handle.value, &facts) != 0) throw error_of(errno, path, "read it");
    if (S_ISDIR(facts.st_mode)) throw Error(ErrorCode::unreadable, path.string(), "is a folder, a file is needed", "Name a file in it.");
    if (!S_ISREG(facts.st_mode)) throw Error(ErrorCode::unreadable, path.string(), "is not a regular file", "Copy its contents into a file first.");
    size_ = static_cast<std::size_t>(facts.st_size);
    if (size_ == 0) return;
    void* mapped = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, handle.value, 0);
    if (mapped == MAP_FAILED) throw error_of(errno, path, "map it into memory");
    data_ = static_cast<const std::byte*>(mapped);
}

MappedFile::~MappedFile() {
    if (data_) ::munmap(const_cast<std::byte*>(data_), size_);
}

MappedFile::MappedFile(MappedFile&& other) noexcept : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
}

void MappedFile::forget(std::span<const std::byte> part) const noexcept {
    if (part.empty()) return;
    const auto page = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto first = reinterpret_cast<std::uintptr_t>(part.data()) / page * page;
    ::madvise(reinterpret_cast<void*>(first), reinterpret_cast<std::uintptr_t>(part.data()) + part.size() - first, MADV_DONTNEED);
}

AtomicFile::AtomicFile(fs::path path) : path_(std::move(path)), temporary_(temporary_beside(path_)) {
    require_writable(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw error_of(errno, path_, "write there");
}

AtomicFile::~AtomicFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) throw error_of(errno, path_, "write it");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void AtomicFile::commit() {
    if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP) throw error_of(errno, path_, "write it");
    if (::close(std::exchange(descriptor_, -1)) != 0) {
        const int code = errno;
        ::unlink(temporary_.c_str());
        throw error_of(code, path_, "write it");
    }
    try {
        rename_over(temporary_, path_);
    } catch (const Error&) {
        ::unlink(temporary_.c_str());
        throw;
    }
}

fs::path temporary_beside(const fs::path& path) {
    static std::atomic<unsigned> counter{0};
    const std::string unique = std::to_string(platform::process_id()) + '-' + std::to_string(counter++);
    return folder_of(path) / ('.' + path.stem().string() + '.' + unique + ".part" + path.extension().string());
}

void rename_over(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) throw error_of(errno, to, "put it in place");
    sync_folder(folder_of(to));
}

void replace_directory(const fs::path& fresh, const fs::path& target) {
    if (::rename(fresh.c_str(), target.c_str()) == 0) return sync_folder(folder_of(target));
    if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
        sync_folder(folder_of(target));
        fs::remove_all(fresh);
        return;
    }
    // This file system cannot exchange: two renames, with a moment in which `target` does not exist.
    const fs::path old = temporary_beside(target);
    rename_over(target, old);
    rename_over(fresh, target);
    fs::remove_all(old);
}

void require_writable(const fs::path& path) {
    std::error_code ignored;
    if (path.empty() || !path.has_filename()) throw Error(ErrorCode::usage, path.string(), "is not a file name", "Name a file, such as talk.mp4.");
    if (fs::is_directory(path, ignored)) throw Error(ErrorCode::usage, path.string(), "is a folder, a file name is needed", "Add a file name to it.");
    const fs::path folder = folder_of(path);
    if (!fs::is_directory(folder, ignored)) throw Error(ErrorCode::not_found, folder.string(), "no such folder", "Make it first, or choose another place.");
    if (::access(folder.c_str(), W_OK | X_OK) != 0) throw error_of(errno, folder, "write into it");
}

std::uint64_t free_bytes(const fs::path& path) noexcept {
    std::error_code ignored;
    fs::path place = fs::absolute(path, ignored);
    while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
    struct statvfs facts {};
    return ::statvfs(place.c_str(), &facts) == 0 ? static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize : 0;
}

}  // namespace mirrorme
