#pragma once
// What scripts, the panel and obs-websocket may ask of a source (plugin/README.md).

#include <obs-module.h>

#include <string>

namespace mirrorme {

class AvatarSource;

/// Declares the procs and signals of the source; they live as long as it does.
void add_source_procs(AvatarSource& source);

/// A text for bug reports: versions, settings without the folders of their paths, status.
std::string diagnostics(const AvatarSource& source);

}  // namespace mirrorme
