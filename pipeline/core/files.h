#pragma once
// Files: read whole, mapped, or written so that nobody ever sees half of one.
// Errors name the path, what went wrong and what to do. No function here is for steady state.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace mirrorme {

/// The bytes of a file, mapped read-only; they stay valid as long as the object lives. A file that another program
/// cuts short meanwhile takes the process with it (SIGBUS), so our own writers replace files and never rewrite them.
class MappedFile {
public:
    /// Throws Error: not_found, or unreadable (a directory, no permission, not a regular file).
    explicit MappedFile(const std::filesystem::path& path);
    ~MappedFile();
    MappedFile(MappedFile&& other) noexcept;
    MappedFile& operator=(MappedFile&& other) noexcept;
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;

    std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }
    /// Gives the memory behind a part of bytes() back to the system: reading it again fetches it from the file again. A hint.
    void forget(std::span<const std::byte> part) const noexcept;

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// A file that appears under its name only when it is complete: written beside it, synced, renamed on commit().
/// Without commit() the destructor removes what was written.
class AtomicFile {
public:
    /// Throws Error: not_found (no such folder), unreadable (folder not writable).
    explicit AtomicFile(std::filesystem::path path);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends. Throws Error no_space when the disk is full, unreadable for other failures.
    void write(std::span<const std::byte> bytes);
    void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
    /// Makes the file durable and gives it its name, replacing what was there. Nothing may be written afterwards.
    void commit();

private:
    std::filesystem::path path_, temporary_;
    int descriptor_ = -1;
};

/// AtomicFile in one call.
void write_file(const std::filesystem::path& path, std::string_view text);

/// A name in the folder of `path` that no other process uses, with the same extension: "clip.mp4" -> ".clip.1234-0.part.mp4".
std::filesystem::path temporary_beside(const std::filesystem::path& path);

/// Renames `from` over `to` (one file system). Throws like AtomicFile::commit.
void rename_over(const std::filesystem::path& from, const std::filesystem::path& to);

/// Puts folder `fresh` in the place of folder `target`, in one step where the system can, and removes what was there.
void replace_directory(const std::filesystem::path& fresh, const std::filesystem::path& target);

/// Throws unless a file can be made at `path`: its folder exists and is writable, and `path` is no folder.
void require_writable(const std::filesystem::path& path);

/// Bytes that a user may still write to the file system holding `path` (or its nearest existing parent); 0 when unknown.
std::uint64_t free_bytes(const std::filesystem::path& path) noexcept;

/// The folder with models/, avatars/, gestures/, effects/: $MIRRORME_DATA, else as seen from the program's folder ../share/obs-mirrorme (bin),
/// ../../share/obs-mirrorme (libexec/obs-mirrorme), ../../data (a module's folder of one user) or ../../../data (a build), else the source
/// tree this build was made from. Throws Error not_found with what was tried.
std::filesystem::path find_data_dir();

/// The bundle used when none is named: data/models/mini.
std::filesystem::path default_bundle_dir();

}  // namespace mirrorme
