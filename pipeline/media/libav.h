#pragma once
// Owners for libav's objects and one way to turn its error numbers into ours. Inside the media room only.

#include <memory>
#include <string>

#include "core/error.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/error.h>
#include <libavutil/frame.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
}

namespace mirrorme::libav {

template <auto Free>
struct FreeByAddress {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(&object);
    }
};

using CodecContext = std::unique_ptr<AVCodecContext, FreeByAddress<avcodec_free_context>>;
using Frame = std::unique_ptr<AVFrame, FreeByAddress<av_frame_free>>;
using Packet = std::unique_ptr<AVPacket, FreeByAddress<av_packet_free>>;
using Input = std::unique_ptr<AVFormatContext, FreeByAddress<avformat_close_input>>;
using Resampler = std::unique_ptr<SwrContext, FreeByAddress<swr_free>>;

struct FreeCustomIo {
    void operator()(AVIOContext* io) const noexcept {
        av_freep(&io->buffer);
        avio_context_free(&io);
    }
};
using CustomIo = std::unique_ptr<AVIOContext, FreeCustomIo>;

struct FreeScaler {
    void operator()(SwsContext* scaler) const noexcept { sws_freeContext(scaler); }
};
using Scaler = std::unique_ptr<SwsContext, FreeScaler>;

Frame make_frame();
Packet make_packet();
CodecContext make_codec_context(const AVCodec* codec);

/// libav's text for `code`.
std::string message(int code);

/// Error for libav's `code` about `subject`; `action` completes "cannot ...".
Error error_of(int code, const std::string& subject, const std::string& action, const std::string& remedy = {});

/// Throws error_of when `code` is negative; gives `code` back otherwise.
int check(int code, const std::string& subject, const std::string& action, const std::string& remedy = {});

/// Keeps libav from writing to stderr; our errors carry what matters. Called by everything that opens something.
void keep_quiet();

/// How a picture's numbers stand for light.
enum class Range { limited, full };
struct PixelLayout {
    AVPixelFormat format = AV_PIX_FMT_NONE;
    int width = 0, height = 0;
    int matrix = SWS_CS_ITU709;  // SWS_CS_*; means nothing for RGB
    Range range = Range::full;
};

/// A converter between two layouts, exact chroma, rounding instead of truncating.
Scaler make_scaler(const PixelLayout& from, const PixelLayout& to, const std::string& subject);

/// Layout of a decoded frame; `default_matrix` where it does not say.
PixelLayout layout_of(const AVFrame& frame, int default_matrix);

}  // namespace mirrorme::libav
