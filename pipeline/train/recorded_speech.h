#pragma once
// Speech that people recorded, as performances nobody performed: sound with a body at rest. For measuring what a voice does to a mouth where no
// truth exists.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "train/motion_clips.h"

namespace mirrorme {

/// A whole file as mono at kSpeechRate. Throws what read_audio_mono throws.
std::vector<float> read_speech(const std::filesystem::path& file);

struct RecordedSpeech {
    std::string name;                            // of the folder
    std::vector<std::filesystem::path> files;    // sorted; at least one
};
/// The folder's subfolders that hold sound (wav, flac, ogg, opus, mp3, m4a) at any depth, each a set of its own (a language, a speaker); sound in the folder itself
/// is one more, named as it. Throws Error (not_found, unreadable) where there is none.
std::vector<RecordedSpeech> find_recorded_speech(const std::filesystem::path& folder);

/// Fills a performance with whole files, short pauses between them, chosen by the seed. Files that cannot be read are passed over; throws
/// Error (unreadable) when that is all of them.
PerformanceMaker performances_of(const RecordedSpeech& speech);

}  // namespace mirrorme
