#pragma once
// What the first line of a take's events.jsonl calls itself: written by the OBS module (plugin/host/event_log.h), read by `mirrorme render --events`.

namespace mirrorme {

inline constexpr const char* kEventLogSchema = "mirrorme.events";
inline constexpr int kEventLogVersion = 1;

}  // namespace mirrorme
