#pragma once
// The engine's plain structs on the wire and back. from_wire() believes nothing: sizes are checked before they are used,
// and what does not fit is an Error{mismatch, too_large, unreadable} naming the field.

#include <cstddef>
#include <cstdint>

#include "engine.pb.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

/// Compared in the handshake; both sides must carry the same one.
inline constexpr std::uint32_t kProtocolVersion = 1;

inline constexpr std::size_t kWirePictureLimit = std::size_t{64} << 20;      // bytes of an encoded picture
inline constexpr std::size_t kWireAudioBlockLimit = 192000;                  // samples of one block
inline constexpr std::uint32_t kWireFrameSideLimit = 8192;                   // pixels
inline constexpr int kWireGestureLimit = 256;                                // presets of a session
/// For grpc::ChannelArguments and ServerBuilder: the largest message either side sends.
inline constexpr int kWireMessageLimit = 272 << 20;

v1::OpenSession to_wire(const SessionConfig& config);
SessionConfig from_wire(const v1::OpenSession& open);

v1::AudioBlock audio_to_wire(SampleIndex first_sample, std::span<const float> samples);
/// Samples of a block, in `samples`; returns the first one's index.
SampleIndex audio_from_wire(const v1::AudioBlock& block, std::vector<float>& samples);

v1::SettingsSnapshot to_wire(const Settings& settings);
Settings from_wire(const v1::SettingsSnapshot& settings);

v1::Command to_wire(const Command& command);
Command from_wire(const v1::Command& command);

v1::Frame to_wire(const VideoFrame& frame);
VideoFrame from_wire(const v1::Frame& frame);

v1::Status to_wire(const StatusSnapshot& status);
StatusSnapshot from_wire(const v1::Status& status);

v1::Failure to_wire(const Error& error);
Error from_wire(const v1::Failure& failure);

v1::Rational to_wire(Rational rate);
Rational from_wire(const v1::Rational& rate);

/// The code called `name` (core/status.h); internal for a name this version does not know.
ErrorCode error_code_from_name(std::string_view name) noexcept;

}  // namespace mirrorme
