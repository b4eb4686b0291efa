#pragma once

#include <atomic>
#include <string>

namespace mirrorme {

/// Where media comes from, and what may interrupt waiting for it.
struct MediaSource {
    std::string path;                         // a local file, or "-" for standard input; never a network address
    const std::atomic<bool>* stop = nullptr;  // when it turns true, a wait ends with Error cancelled; must outlive the reader
};

/// Name of `source` for messages.
inline std::string subject_of(const MediaSource& source) { return source.path == "-" ? "standard input" : source.path; }

}  // namespace mirrorme
