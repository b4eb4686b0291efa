#include <cstdio>
#include <map>

#include "cli/chunk_bench.h"

namespace mirrorme::cli {

std::string name_of(const ChunkBenchConfig& c) {
    char text[200], decoder[32], cut[32];
    if (c.decoder == BenchDecoder::causal || c.one_shot > 0) std::snprintf(decoder, sizeof decoder, "%s", c.decoder == BenchDecoder::causal ? "causal" : "published");
    else std::snprintf(decoder, sizeof decoder, "back=%d", c.context_back);
    if (c.one_shot > 0) std::snprintf(cut, sizeof cut, "one shot of %d", c.one_shot);
    else std::snprintf(cut, sizeof cut, "c=%d k=%d", c.chunk, c.window);
    std::snprintf(text, sizeof text, "%s %dx%d %s %s %d steps %s%s %s", c.model.c_str(), c.width, c.height, cut, decoder, c.steps, c.type == torch::kBFloat16 ? "bf16" : "f32",
                  c.linears == BenchLinears::fp8 ? "+fp8" : "", c.graphs ? "graphs" : "eager");
    return text;
}

nlohmann::ordered_json to_json(const std::vector<ChunkBenchResult>& results) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const ChunkBenchResult& r : results) {
        nlohmann::ordered_json stages;
        for (const StageFigures& s : r.stages) stages[s.stage] = {{"p50_ms", s.p50}, {"p95_ms", s.p95}, {"p99_ms", s.p99}, {"max_ms", s.max}};
        all.push_back({{"configuration", name_of(r.config)}, {"device", r.config.device.str()}, {"clock", r.clock}, {"rounds", r.config.rounds}, {"stages", stages},
                       {"frames_per_s", r.frames_per_s}, {"real_time_factor", r.real_time_factor}, {"sessions_at_24_fps", r.sessions}, {"first_frame_ms", r.first_frame_ms},
                       {"live_first_frame_ms", r.live_first_frame_ms}, {"paced_chunks", r.config.paced}, {"busy_share", r.busy_share}, {"paced_p50_ms", r.paced_p50_ms},
                       {"paced_p99_ms", r.paced_p99_ms}, {"device_memory_mib", r.held_mib}, {"replay_error", r.replay_error}});
    }
    return {{"chunk_bench", all}};
}

std::string as_table(const std::vector<ChunkBenchResult>& results, const nlohmann::json& earlier) {
    std::map<std::string, double> before;  // median chunk by configuration
    if (earlier.is_object() && earlier.contains("chunk_bench"))
        for (const auto& entry : earlier.at("chunk_bench")) before[entry.at("configuration").get<std::string>()] = entry.at("stages").at("chunk").at("p50_ms").get<double>();
    std::string text;
    char line[400];
    const auto add = [&](const char* format, auto... values) {
        std::snprintf(line, sizeof line, format, values...);
        text += line;
    };
    add("%-72s %8s %8s %9s %8s %8s %9s %8s %8s %9s %9s %6s %9s %9s\n", "configuration (times in ms)", "denoise", "decode", "chunk p50", "p95", "p99", "frames/s", "sessions", "first", "live first",
        "memory MB", "busy", "before", "replay");
    for (const ChunkBenchResult& r : results) {
        const std::string name = name_of(r.config);
        const StageFigures &denoise = r.stages[0], &decode = r.stages[1], &chunk = r.stages[3];
        add("%-72s %8.2f %8.2f %9.2f %8.2f %8.2f %9.1f %8d %8.2f %9.1f", name.c_str(), denoise.p50, decode.p50, chunk.p50, chunk.p95, chunk.p99, r.frames_per_s, r.sessions, r.first_frame_ms,
            r.live_first_frame_ms);
        if (r.held_mib > 0) add(" %9.0f", r.held_mib * 1.048576);
        else add(" %9s", "-");
        if (r.busy_share > 0) add(" %5.1f%%", 100 * r.busy_share);
        else add(" %6s", "-");
        if (before.contains(name)) add(" %8.2fx", before[name] / chunk.p50);
        else add(" %9s", "-");
        if (r.replay_error > 0) add(" %9.1e\n", r.replay_error);
        else add(" %9s\n", "-");
    }
    return text;
}

}  // namespace mirrorme::cli
