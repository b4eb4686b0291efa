#include "media/demuxer.h"

#include <filesystem>

#include "core/files.h"

namespace mirrorme {
namespace {

constexpr const char* kNotMedia = "Check that it is a sound or video file; convert it with another program if it is.";
constexpr std::int64_t kProbeMicroseconds = 5'000'000;
// Of a live pipe, a person waits for every byte that is only looked at: raw PCM would be searched for hidden codecs for half a minute.
constexpr std::int64_t kStreamProbeBytes = 1 << 16;
constexpr int kStreamProbePackets = 4;
constexpr int kStreamBufferBytes = 4096;  // small: sound of a live pipe is passed on at once

const char* kind_of(AVMediaType type) { return type == AVMEDIA_TYPE_AUDIO ? "sound" : "video"; }

/// libav's texts for these cases speak of arguments and data; say what a person can do something about.
void refuse_obvious(const std::string& path) {
    const MappedFile file(path);  // missing, folder, no permission
    if (file.bytes().empty()) throw Error(ErrorCode::unreadable, path, "is empty (0 bytes)", "Record or copy it again.");
}

/// With skipping of damaged packets a codec that never recovers would read to the end; the caller sees that nothing came.
bool is_damage(int code) { return code == AVERROR_INVALIDDATA || code == AVERROR(EINVAL); }

}  // namespace

StreamDecoder::StreamDecoder(const MediaSource& source, AVMediaType type) : subject_(subject_of(source)), stop_(source.stop) {
    libav::keep_quiet();
    open_input(source);
    open_codec(type);
}

int StreamDecoder::on_interrupt_check(void* self) { return static_cast<StreamDecoder*>(self)->must_stop() ? 1 : 0; }

int StreamDecoder::on_read(void* self, std::uint8_t* buffer, int size) {
    auto& decoder = *static_cast<StreamDecoder*>(self);
    std::size_t count = 0;
    const std::span bytes(reinterpret_cast<std::byte*>(buffer), static_cast<std::size_t>(size));
    switch (decoder.stream_source_->read(bytes, count, [&] { return decoder.must_stop(); })) {
        case platform::ByteStream::Result::data: return static_cast<int>(count);
        case platform::ByteStream::Result::end: return AVERROR_EOF;
        case platform::ByteStream::Result::stopped: return AVERROR_EXIT;
        case platform::ByteStream::Result::failed: return AVERROR(EIO);
    }
    return AVERROR_BUG;
}

/// libav's own reading of pipes cannot be woken from another thread; ours looks up ten times a second.
void StreamDecoder::use_stream(const std::string& path) {
    stream_source_ = std::make_unique<platform::ByteStream>(path);
    auto* buffer = static_cast<unsigned char*>(av_malloc(kStreamBufferBytes));
    stream_io_.reset(buffer ? avio_alloc_context(buffer, kStreamBufferBytes, 0, this, on_read, nullptr, nullptr) : nullptr);
    if (stream_io_) return;
    av_free(buffer);
    throw std::bad_alloc();
}

void StreamDecoder::open_input(const MediaSource& source) {
    const bool stream = source.path == "-" || platform::is_stream(source.path);
    if (!stream) refuse_obvious(source.path);
    input_.reset(avformat_alloc_context());
    if (!input_) throw std::bad_alloc();
    input_->interrupt_callback = {on_interrupt_check, this};
    input_->max_analyze_duration = kProbeMicroseconds;
    if (stream) {
        use_stream(source.path);
        input_->pb = stream_io_.get();
        input_->probesize = kStreamProbeBytes;
        input_->max_probe_packets = kStreamProbePackets;
    }

    AVDictionary* options = nullptr;
    // A playlist must not make this program open network addresses.
    av_dict_set(&options, "protocol_whitelist", "file,crypto,data", 0);
    const std::string url = stream ? "" : "file:" + source.path;
    AVFormatContext* context = input_.release();
    const int code = avformat_open_input(&context, url.c_str(), nullptr, &options);  // frees the context when it fails
    input_.reset(context);
    av_dict_free(&options);
    libav::check(code, subject_, "read it", kNotMedia);
    libav::check(avformat_find_stream_info(input_.get(), nullptr), subject_, "read it", kNotMedia);
}

void StreamDecoder::open_codec(AVMediaType type) {
    const AVCodec* decoder = nullptr;
    const int index = av_find_best_stream(input_.get(), type, -1, -1, &decoder, 0);
    if (index == AVERROR_STREAM_NOT_FOUND)
        throw Error(ErrorCode::unreadable, subject_, std::string("has no ") + kind_of(type) + " in it", std::string("Choose a file with ") + kind_of(type) + ".");
    if (index == AVERROR_DECODER_NOT_FOUND)
        throw Error(ErrorCode::unsupported, subject_, std::string("this FFmpeg cannot decode its ") + kind_of(type), "Convert it with another program.");
    libav::check(index, subject_, "read it", kNotMedia);
    stream_ = input_->streams[index];
    for (unsigned i = 0; i < input_->nb_streams; ++i)
        if (static_cast<int>(i) != index) input_->streams[i]->discard = AVDISCARD_ALL;

    // libvpx sees the alpha plane of WebM, the built-in decoders do not.
    const AVDictionaryEntry* alpha = av_dict_get(stream_->metadata, "alpha_mode", nullptr, 0);
    if (alpha && std::string(alpha->value) == "1") {
        const char* name = stream_->codecpar->codec_id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : stream_->codecpar->codec_id == AV_CODEC_ID_VP8 ? "libvpx" : "";
        if (const AVCodec* with_alpha = avcodec_find_decoder_by_name(name)) decoder = with_alpha;
    }
    codec_ = libav::make_codec_context(decoder);
    libav::check(avcodec_parameters_to_context(codec_.get(), stream_->codecpar), subject_, "read it", kNotMedia);
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = 1;
    libav::check(avcodec_open2(codec_.get(), decoder, nullptr), subject_, "decode it", kNotMedia);
}

bool StreamDecoder::next(AVFrame& frame) {
    for (;;) {
        const int code = avcodec_receive_frame(codec_.get(), &frame);
        if (code >= 0) return true;
        if (code == AVERROR_EOF) return false;
        if (is_damage(code)) ++damaged_;
        else if (code != AVERROR(EAGAIN)) throw libav::error_of(code, subject_, "decode it", kNotMedia);
        if (draining_ && code != AVERROR(EAGAIN)) return false;
        if (!feed()) {
            draining_ = true;
            avcodec_send_packet(codec_.get(), nullptr);
        }
    }
}

bool StreamDecoder::feed() {
    for (;;) {
        if (must_stop()) throw Error(ErrorCode::cancelled, subject_, "stopped");
        av_packet_unref(packet_.get());
        const int code = av_read_frame(input_.get(), packet_.get());
        if (code == AVERROR_EOF) return false;
        if (code == AVERROR_EXIT) throw Error(ErrorCode::cancelled, subject_, "stopped");
        if (is_damage(code)) {  // the container is damaged from here on; what came before is good
            ++damaged_;
            return false;
        }
        libav::check(code, subject_, "read it", kNotMedia);
        if (packet_->stream_index != stream_->index) continue;
        const int sent = avcodec_send_packet(codec_.get(), packet_.get());
        if (is_damage(sent)) {
            ++damaged_;
            continue;
        }
        if (sent != AVERROR(EAGAIN)) libav::check(sent, subject_, "decode it", kNotMedia);
        return true;
    }
}

std::optional<double> StreamDecoder::duration_s() const noexcept {
    if (stream_->duration > 0) return static_cast<double>(stream_->duration) * av_q2d(stream_->time_base);
    if (input_->duration > 0) return static_cast<double>(input_->duration) / AV_TIME_BASE;
    return {};
}

}  // namespace mirrorme
