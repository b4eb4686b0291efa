#pragma once
// One stream of a media file, decoded frame by frame. Inside the media room only.

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "core/platform/byte_stream.h"
#include "media/libav.h"
#include "media/media_source.h"

namespace mirrorme {

class StreamDecoder {
public:
    /// Opens the best stream of `type` (AVMEDIA_TYPE_AUDIO or _VIDEO). Throws Error: not_found, unreadable (not media, no such stream,
    /// empty), unsupported (no decoder).
    StreamDecoder(const MediaSource& source, AVMediaType type);

    StreamDecoder(const StreamDecoder&) = delete;
    StreamDecoder& operator=(const StreamDecoder&) = delete;

    /// Ends a wait in next() with Error cancelled, now and from then on. Any thread.
    void interrupt() noexcept { interrupted_ = true; }

    /// The next frame; false at the end. Damaged packets are skipped and counted. Throws Error when the source fails or is stopped.
    bool next(AVFrame& frame);

    const AVStream& stream() const noexcept { return *stream_; }
    const AVCodecContext& codec() const noexcept { return *codec_; }
    const AVFormatContext& container() const noexcept { return *input_; }
    const std::string& subject() const noexcept { return subject_; }
    std::int64_t damaged_packets() const noexcept { return damaged_; }
    /// Of the stream, or of the file where the stream does not say; seconds.
    std::optional<double> duration_s() const noexcept;

private:
    void open_input(const MediaSource& source);
    void use_stream(const std::string& path);
    bool must_stop() const noexcept { return interrupted_ || (stop_ && stop_->load()); }
    static int on_interrupt_check(void* self);
    static int on_read(void* self, std::uint8_t* buffer, int size);
    void open_codec(AVMediaType type);
    bool feed();  // false when the file has ended

    std::string subject_;
    const std::atomic<bool>* stop_;
    std::atomic<bool> interrupted_{false};
    std::unique_ptr<platform::ByteStream> stream_source_;  // for pipes and devices; null for files
    libav::CustomIo stream_io_;                            // reads stream_source_; outlives input_
    libav::Input input_;
    const AVStream* stream_ = nullptr;
    libav::CodecContext codec_;
    libav::Packet packet_ = libav::make_packet();
    std::int64_t damaged_ = 0;
    bool draining_ = false;
};

}  // namespace mirrorme
