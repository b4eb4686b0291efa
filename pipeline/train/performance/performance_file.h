#pragma once
// Performances made beforehand, for machines without voices: shards of at most 15 MiB that hold sound, poses and labels.
//
// A shard, little-endian: "MMPERF\0\0", u32 version, u32 sound coding, u32 record count, u32 0, then the records, each
// u32 bytes, u32 0, u64 FNV-1a of the bytes, and the bytes (layout in performance_file.cpp). About 18 kB a second of
// performance with mu-law sound, 34 kB with 16-bit sound.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "core/files.h"
#include "train/performance/performance.h"

namespace mirrorme {

inline constexpr std::uint32_t kPerformanceFileVersion = 1;
inline constexpr std::size_t kPerformanceShardLimit = std::size_t{15} << 20;  // bytes
inline constexpr int kMostPerformanceFrames = 24 * 600;                       // in one record

/// How sound is kept. mu_law8: half the size, 38 dB above its own noise, silence exact.
enum class SoundCoding : std::uint32_t { pcm16, mu_law8 };

/// Writes `<folder>/<name>-000.mmperf`, -001, ... A file appears when it is full or at finish().
class PerformanceShardWriter {
public:
    /// `limit`: bytes of a file; a single performance above it gets a file of its own. The folder must exist.
    PerformanceShardWriter(std::filesystem::path folder, std::string name, SoundCoding coding, std::size_t limit = kPerformanceShardLimit);

    /// Poses are kept as 16-bit floats. Throws Error: usage (over kMostPerformanceFrames frames, or sound that does not
    /// fit the frames), and what AtomicFile throws.
    void add(const Performance& performance);
    /// Writes what is left. Returns the files in order.
    std::vector<std::filesystem::path> finish();

private:
    void write_shard();

    std::filesystem::path folder_;
    std::string name_;
    SoundCoding coding_;
    std::size_t limit_;
    std::vector<char> records_;
    std::uint32_t count_ = 0;
    std::vector<std::filesystem::path> files_;
};

/// One shard, mapped. Thread-safe after construction.
class PerformanceShard {
public:
    /// Checks the frame of every record. Throws Error: not_found, unreadable (no shard, truncated), mismatch (version).
    explicit PerformanceShard(const std::filesystem::path& file);

    std::size_t size() const noexcept { return records_.size(); }
    /// Performance `index`, < size(). Throws Error (unreadable) when the record is damaged; nothing is allocated by an
    /// unchecked number.
    Performance read(std::size_t index) const;

private:
    struct Record {
        std::span<const std::byte> bytes;
        std::uint64_t hash;
    };
    std::filesystem::path path_;
    MappedFile file_;
    SoundCoding coding_ = SoundCoding::pcm16;
    std::vector<Record> records_;
};

/// The shards of a folder, by name. Throws Error (not_found) when there is none.
std::vector<std::filesystem::path> find_performance_shards(const std::filesystem::path& folder);

}  // namespace mirrorme
