#pragma once
// Encoders that know nothing of files: raw in, packets out through a callback. Inside the media room only.

#include <functional>
#include <span>
#include <string>

#include "media/libav.h"
#include "media/video_writer.h"

extern "C" {
#include <libavutil/audio_fifo.h>
}

namespace mirrorme {

/// The FFmpeg encoders each format is written with; not for png.
const char* video_encoder_name(VideoFormat format);
const char* audio_encoder_name(VideoFormat format);

/// Takes a packet in the encoder's time base; may take over its contents.
using PacketSink = std::function<void(AVPacket&)>;

class VideoEncoder {
public:
    /// `global_header`: the container stores the codec's parameters itself (AVFMT_GLOBALHEADER).
    enum class Header { in_stream, in_container };
    VideoEncoder(const VideoWriterOptions& options, const std::string& subject, Header header);

    const AVCodecContext& codec() const noexcept { return *codec_; }
    void encode(std::span<const std::uint8_t> bgra, const PacketSink& sink);
    void flush(const PacketSink& sink);

private:
    void place(std::span<const std::uint8_t> bgra);

    VideoWriterOptions options_;
    std::string subject_;
    libav::CodecContext codec_;
    libav::Scaler scaler_;
    libav::Frame source_ = libav::make_frame(), picture_ = libav::make_frame();
    libav::Packet packet_ = libav::make_packet();
    std::int64_t frames_ = 0;
};

class AudioEncoder {
public:
    AudioEncoder(const VideoWriterOptions& options, const std::string& subject, VideoEncoder::Header header);

    const AVCodecContext& codec() const noexcept { return *codec_; }
    void encode(const AudioBlock& block, const PacketSink& sink);
    void flush(const PacketSink& sink);

private:
    void convert(const float* interleaved, int frames);
    void drain(int at_least, const PacketSink& sink);

    VideoWriterOptions options_;
    std::string subject_;
    libav::CodecContext codec_;
    libav::Resampler converter_;
    std::unique_ptr<AVAudioFifo, decltype(&av_audio_fifo_free)> fifo_{nullptr, &av_audio_fifo_free};
    libav::Packet packet_ = libav::make_packet();
    std::int64_t samples_ = 0;  // encoded so far
};

}  // namespace mirrorme
