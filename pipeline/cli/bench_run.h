#pragma once
// How fast the whole chain runs here: sound in, frames out, nothing written.

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/api/engine_api.h"

namespace mirrorme::cli {

struct BenchReport {
    EngineInfo engine;
    SessionInfo session;
    std::string processor;
    double load_s = 0;              // reading and checking the bundle
    double open_s = 0;              // preparing the picture
    double first_frame_s = 0;       // from the start of the process to the first frame
    double media_s = 0, work_s = 0; // of the steady run, first frame included
    double cpu_s = 0;               // processor time of all threads in work_s
    std::uint64_t peak_memory_bytes = 0;
    std::vector<StageTiming> stages;

    double real_time_factor() const { return work_s / media_s; }
};

/// `sound` at the config's rate through a session of its own, offline. `report` comes with engine, processor and load_s filled in.
void run_bench(Engine& engine, const SessionConfig& config, const std::vector<float>& sound, BenchReport& report);

/// Voiced pulses with syllables and pauses, deterministic, mono in -1..1: opens the speech gate as a person does.
std::vector<float> speech_like_sound(int sample_rate, double seconds);

nlohmann::ordered_json to_json(const BenchReport& report);
std::string as_table(const BenchReport& report);

}  // namespace mirrorme::cli
