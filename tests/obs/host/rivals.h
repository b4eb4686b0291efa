#pragma once
// What OBS's own image source costs beside an avatar, in the same scene at the same time.

#include <initializer_list>

#include "obs/host/stage.h"
#include "support/temp_folder.h"

namespace mirrorme::testing {

/// A still picture, which is uploaded once, and an animated one of the test card's size, which is uploaded 25 times a second.
class Rivals {
public:
    static constexpr const char *kStill = "Still", *kAnimated = "Animated";
    explicit Rivals(Stage& stage);

private:
    TempFolder folder_;
    SourcePtr still_, animated_;
};

/// A line for each callback of these sources (obs/host/watch.h).
void print_call_times(std::initializer_list<const char*> names);

}  // namespace mirrorme::testing
