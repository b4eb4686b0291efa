#include "media/encoder.h"

#include <algorithm>
#include <cstring>

extern "C" {
#include <libavutil/channel_layout.h>
}

namespace mirrorme {
namespace {

constexpr int kKeyFrameSeconds = 2;  // players and editors jump to key frames
constexpr int kAacBitsPerChannel = 112'000, kOpusBitsPerChannel = 64'000;

struct VideoCodecChoice {
    const char* name;
    AVPixelFormat pixels;
    const char* options;  // key=value:key=value
};

/// Note [Encoder settings]
/// crf 18 is where H.264 stops being distinguishable at this size. libvpx keeps alpha only without alternate reference frames.
/// ProRes writes 16-bit alpha. All of them run in one pass and give the same bytes for the same frames.
VideoCodecChoice video_choice(VideoFormat format) {
    switch (format) {
        case VideoFormat::webm:
            return {"libvpx-vp9", AV_PIX_FMT_YUVA420P, "crf=22:b=0:deadline=good:cpu-used=5:row-mt=1:auto-alt-ref=0"};
        case VideoFormat::mov: return {"prores_ks", AV_PIX_FMT_YUVA444P10LE, "profile=4444:vendor=apl0:alpha_bits=16"};
        default: return {"libx264", AV_PIX_FMT_YUV420P, "preset=veryfast:crf=18:profile=high"};
    }
}

const AVCodec* encoder_named(const char* name, const std::string& subject) {
    const AVCodec* codec = avcodec_find_encoder_by_name(name);
    if (!codec)
        throw Error(ErrorCode::unsupported, subject, std::string("this FFmpeg was built without the encoder ") + name,
                    "Install Debian's FFmpeg libraries or choose another file type.");
    return codec;
}

/// Every packet the encoder has ready.
void collect(AVCodecContext& codec, AVPacket& packet, const std::string& subject, const PacketSink& sink) {
    for (;;) {
        const int code = avcodec_receive_packet(&codec, &packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
        libav::check(code, subject, "encode it");
        sink(packet);
        av_packet_unref(&packet);
    }
}

/// Opus knows 48 kHz only; for the others the usual rates stay as they are and telephone rates are raised to one that plays everywhere.
int stored_rate(VideoFormat format, int rate) { return format != VideoFormat::webm && (rate == 44100 || rate == 48000) ? rate : 48000; }

}  // namespace

const char* video_encoder_name(VideoFormat format) { return video_choice(format).name; }

const char* audio_encoder_name(VideoFormat format) {
    switch (format) {
        case VideoFormat::webm: return "libopus";
        case VideoFormat::mov: return "pcm_s16le";
        default: return "aac";
    }
}

VideoEncoder::VideoEncoder(const VideoWriterOptions& options, const std::string& subject, Header header) : options_(options), subject_(subject) {
    const VideoCodecChoice choice = video_choice(options.format);
    const AVCodec* codec = encoder_named(choice.name, subject);
    codec_ = libav::make_codec_context(codec);
    const bool halved = choice.pixels != AV_PIX_FMT_YUVA444P10LE;  // colour at half the size: even sides
    codec_->width = halved ? options.width + options.width % 2 : options.width;
    codec_->height = halved ? options.height + options.height % 2 : options.height;
    codec_->pix_fmt = choice.pixels;
    codec_->time_base = {static_cast<int>(options.fps.den), static_cast<int>(options.fps.num)};
    codec_->framerate = {static_cast<int>(options.fps.num), static_cast<int>(options.fps.den)};
    codec_->sample_aspect_ratio = {1, 1};
    codec_->gop_size = std::max(1, static_cast<int>(kKeyFrameSeconds * options.fps.num / options.fps.den));
    codec_->thread_count = std::max(1, options.threads);
    codec_->color_primaries = AVCOL_PRI_BT709;
    codec_->color_trc = AVCOL_TRC_BT709;
    codec_->colorspace = AVCOL_SPC_BT709;
    codec_->color_range = AVCOL_RANGE_MPEG;
    if (header == Header::in_container) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;

    AVDictionary* settings = nullptr;
    int code = av_dict_parse_string(&settings, choice.options, "=", ":", 0);
    if (code >= 0) code = avcodec_open2(codec_.get(), codec, &settings);
    av_dict_free(&settings);
    libav::check(code, subject, "encode video of this size");

    for (AVFrame* frame : {source_.get(), picture_.get()}) {
        frame->width = codec_->width;
        frame->height = codec_->height;
        frame->format = frame == source_.get() ? AV_PIX_FMT_BGRA : choice.pixels;
        libav::check(av_frame_get_buffer(frame, 0), subject, "encode video of this size");
    }
    scaler_ = libav::make_scaler({AV_PIX_FMT_BGRA, codec_->width, codec_->height, SWS_CS_ITU709, libav::Range::full},
                                 {choice.pixels, codec_->width, codec_->height, SWS_CS_ITU709, libav::Range::limited}, subject);
}

/// Copies the frame into source_, over the backdrop where alpha is not kept, and repeats the last column and row into padding.
void VideoEncoder::place(std::span<const std::uint8_t> bgra) {
    const bool flatten = options_.alpha == AlphaMode::flatten || !keeps_alpha(options_.format);
    const auto row_bytes = static_cast<std::size_t>(options_.width) * 4;
    for (int y = 0; y < codec_->height; ++y) {
        const std::uint8_t* from = bgra.data() + row_bytes * static_cast<std::size_t>(std::min(y, options_.height - 1));
        std::uint8_t* to = source_->data[0] + static_cast<std::ptrdiff_t>(y) * source_->linesize[0];
        std::memcpy(to, from, row_bytes);
        if (flatten) flatten_bgra({to, row_bytes}, options_.backdrop_rgb);
        for (int x = options_.width; x < codec_->width; ++x) std::memcpy(to + 4 * x, to + 4 * (options_.width - 1), 4);
    }
}

void VideoEncoder::encode(std::span<const std::uint8_t> bgra, const PacketSink& sink) {
    if (bgra.size() != static_cast<std::size_t>(options_.width) * static_cast<std::size_t>(options_.height) * 4)
        throw Error(ErrorCode::internal, subject_, "a frame of another size was given");
    libav::check(av_frame_make_writable(picture_.get()), subject_, "encode it");
    place(bgra);
    libav::check(sws_scale(scaler_.get(), source_->data, source_->linesize, 0, codec_->height, picture_->data, picture_->linesize), subject_, "encode it");
    picture_->pts = frames_++;
    picture_->color_primaries = codec_->color_primaries;
    picture_->color_trc = codec_->color_trc;
    picture_->colorspace = codec_->colorspace;
    picture_->color_range = codec_->color_range;
    libav::check(avcodec_send_frame(codec_.get(), picture_.get()), subject_, "encode it");
    collect(*codec_, *packet_, subject_, sink);
}

void VideoEncoder::flush(const PacketSink& sink) {
    libav::check(avcodec_send_frame(codec_.get(), nullptr), subject_, "encode it");
    collect(*codec_, *packet_, subject_, sink);
}

AudioEncoder::AudioEncoder(const VideoWriterOptions& options, const std::string& subject, VideoEncoder::Header header) : options_(options), subject_(subject) {
    const AVCodec* codec = encoder_named(audio_encoder_name(options.format), subject);
    codec_ = libav::make_codec_context(codec);
    codec_->sample_fmt = codec->sample_fmts[0];
    codec_->sample_rate = stored_rate(options.format, options.audio_rate);
    codec_->time_base = {1, codec_->sample_rate};
    codec_->bit_rate = options.audio_channels * (options.format == VideoFormat::webm ? kOpusBitsPerChannel : kAacBitsPerChannel);
    av_channel_layout_default(&codec_->ch_layout, options.audio_channels);
    if (header == VideoEncoder::Header::in_container) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    codec_->flags |= AV_CODEC_FLAG_BITEXACT;
    libav::check(avcodec_open2(codec_.get(), codec, nullptr), subject, "encode sound");

    SwrContext* converter = nullptr;
    libav::check(swr_alloc_set_opts2(&converter, &codec_->ch_layout, codec_->sample_fmt, codec_->sample_rate, &codec_->ch_layout, AV_SAMPLE_FMT_FLT,
                                     options.audio_rate, 0, nullptr),
                 subject, "encode sound");
    converter_.reset(converter);
    libav::check(swr_init(converter_.get()), subject, "encode sound");
    fifo_.reset(av_audio_fifo_alloc(codec_->sample_fmt, options.audio_channels, codec_->sample_rate));
    if (!fifo_) throw std::bad_alloc();
}

/// Into the fifo, at the stored rate; null and 0 bring out what the resampler still holds.
void AudioEncoder::convert(const float* interleaved, int frames) {
    const int room = libav::check(swr_get_out_samples(converter_.get(), frames), subject_, "encode sound");
    if (room == 0) return;
    const libav::Frame made = libav::make_frame();
    made->nb_samples = room;
    made->format = codec_->sample_fmt;
    libav::check(av_channel_layout_copy(&made->ch_layout, &codec_->ch_layout), subject_, "encode sound");
    libav::check(av_frame_get_buffer(made.get(), 0), subject_, "encode sound");
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(interleaved);
    const int count = libav::check(swr_convert(converter_.get(), made->extended_data, room, interleaved ? &bytes : nullptr, frames), subject_, "encode sound");
    libav::check(av_audio_fifo_write(fifo_.get(), reinterpret_cast<void**>(made->extended_data), count), subject_, "encode sound");
}

/// Encodes whole codec frames while the fifo holds `at_least` samples; the very last frame may be short.
void AudioEncoder::drain(int at_least, const PacketSink& sink) {
    const int frame_size = codec_->frame_size > 0 ? codec_->frame_size : 1024;
    while (av_audio_fifo_size(fifo_.get()) >= std::max(at_least, 1)) {
        const libav::Frame frame = libav::make_frame();
        frame->nb_samples = std::min(frame_size, av_audio_fifo_size(fifo_.get()));
        frame->format = codec_->sample_fmt;
        frame->sample_rate = codec_->sample_rate;
        frame->pts = samples_;
        libav::check(av_channel_layout_copy(&frame->ch_layout, &codec_->ch_layout), subject_, "encode sound");
        libav::check(av_frame_get_buffer(frame.get(), 0), subject_, "encode sound");
        libav::check(av_audio_fifo_read(fifo_.get(), reinterpret_cast<void**>(frame->extended_data), frame->nb_samples), subject_, "encode sound");
        samples_ += frame->nb_samples;
        libav::check(avcodec_send_frame(codec_.get(), frame.get()), subject_, "encode sound");
        collect(*codec_, *packet_, subject_, sink);
    }
}

void AudioEncoder::encode(const AudioBlock& block, const PacketSink& sink) {
    if (block.channels != options_.audio_channels) throw Error(ErrorCode::internal, subject_, "sound with another number of channels was given");
    if (block.samples.empty()) return;
    convert(block.samples.data(), static_cast<int>(block.frames()));
    drain(codec_->frame_size > 0 ? codec_->frame_size : 1024, sink);
}

void AudioEncoder::flush(const PacketSink& sink) {
    convert(nullptr, 0);
    drain(1, sink);
    libav::check(avcodec_send_frame(codec_.get(), nullptr), subject_, "encode sound");
    collect(*codec_, *packet_, subject_, sink);
}

}  // namespace mirrorme
