#include "media/libav.h"

#include <mutex>
#include <new>

extern "C" {
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
}

namespace mirrorme::libav {
namespace {

template <class T>
T* allocated(T* object) {
    if (!object) throw std::bad_alloc();
    return object;
}

bool is_rgb(AVPixelFormat format) {
    const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
    return descriptor && (descriptor->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL));
}

/// Grey pictures are full range unless they say otherwise: nobody stores limited-range grey.
bool is_grey(AVPixelFormat format) {
    const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
    return descriptor && descriptor->nb_components < 3;
}

/// The yuvj formats are the plain ones with full range; swscale warns about them.
AVPixelFormat without_j(AVPixelFormat format) {
    switch (format) {
        case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
        case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
        case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
        case AV_PIX_FMT_YUVJ440P: return AV_PIX_FMT_YUV440P;
        case AV_PIX_FMT_YUVJ411P: return AV_PIX_FMT_YUV411P;
        default: return format;
    }
}

int matrix_of(AVColorSpace space, int otherwise) {
    switch (space) {
        case AVCOL_SPC_BT709: return SWS_CS_ITU709;
        case AVCOL_SPC_FCC: return SWS_CS_FCC;
        case AVCOL_SPC_BT470BG:
        case AVCOL_SPC_SMPTE170M: return SWS_CS_ITU601;
        case AVCOL_SPC_SMPTE240M: return SWS_CS_SMPTE240M;
        case AVCOL_SPC_BT2020_NCL:
        case AVCOL_SPC_BT2020_CL: return SWS_CS_BT2020;
        default: return otherwise;
    }
}

}  // namespace

Frame make_frame() { return Frame(allocated(av_frame_alloc())); }
Packet make_packet() { return Packet(allocated(av_packet_alloc())); }
CodecContext make_codec_context(const AVCodec* codec) { return CodecContext(allocated(avcodec_alloc_context3(codec))); }

std::string message(int code) {
    char text[AV_ERROR_MAX_STRING_SIZE] = {};
    av_strerror(code, text, sizeof text);
    return text;
}

Error error_of(int code, const std::string& subject, const std::string& action, const std::string& remedy) {
    const std::string problem = "cannot " + action + ": " + message(code);
    if (code == AVERROR(ENOSPC) || code == AVERROR(EDQUOT))
        return {ErrorCode::no_space, subject, problem, "Free some space or choose another disk."};
    if (code == AVERROR(ENOMEM)) return {ErrorCode::no_space, subject, problem, "Close other programs."};
    if (code == AVERROR(ENOENT)) return {ErrorCode::not_found, subject, problem, "Check the path."};
    if (code == AVERROR_EXIT) return {ErrorCode::cancelled, subject, "stopped"};
    if (code == AVERROR_DECODER_NOT_FOUND || code == AVERROR_ENCODER_NOT_FOUND || code == AVERROR_DEMUXER_NOT_FOUND || code == AVERROR(ENOSYS))
        return {ErrorCode::unsupported, subject, problem, remedy};
    return {ErrorCode::unreadable, subject, problem, remedy};
}

int check(int code, const std::string& subject, const std::string& action, const std::string& remedy) {
    if (code < 0) throw error_of(code, subject, action, remedy);
    return code;
}

void keep_quiet() {
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

Scaler make_scaler(const PixelLayout& from, const PixelLayout& to, const std::string& subject) {
    constexpr int kFlags = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_FULL_CHR_H_INT;
    Scaler scaler(sws_getContext(from.width, from.height, from.format, to.width, to.height, to.format, kFlags, nullptr, nullptr, nullptr));
    if (!scaler)
        throw Error(ErrorCode::unsupported, subject, std::string("cannot convert pixels of type ") + av_get_pix_fmt_name(from.format),
                    "Save it as 8-bit RGB first.");
    const auto full = [](const PixelLayout& layout) { return layout.range == Range::full || is_rgb(layout.format) ? 1 : 0; };
    // A failure here means that both sides are RGB, where there is nothing to set.
    sws_setColorspaceDetails(scaler.get(), sws_getCoefficients(from.matrix), full(from), sws_getCoefficients(to.matrix), full(to), 0, 1 << 16, 1 << 16);
    return scaler;
}

PixelLayout layout_of(const AVFrame& frame, int default_matrix) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    PixelLayout layout;
    layout.format = without_j(format);
    layout.width = frame.width;
    layout.height = frame.height;
    layout.matrix = matrix_of(frame.colorspace, default_matrix);
    const bool says_full = layout.format != format || frame.color_range == AVCOL_RANGE_JPEG;
    const bool grey_by_default = is_grey(format) && frame.color_range == AVCOL_RANGE_UNSPECIFIED;
    layout.range = says_full || grey_by_default ? Range::full : Range::limited;
    return layout;
}

}  // namespace mirrorme::libav
