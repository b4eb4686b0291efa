#include "media/video_reader.h"

#include <cmath>
#include <utility>

#include "media/demuxer.h"
#include "media/picture.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace mirrorme {
namespace {

/// EXIF orientation that does what the stream's display matrix asks for; phones store turned pictures.
int orientation_of(const AVStream& stream) {
    const std::uint8_t* matrix = av_stream_get_side_data(&stream, AV_PKT_DATA_DISPLAYMATRIX, nullptr);
    if (!matrix) return 1;
    const double degrees = av_display_rotation_get(reinterpret_cast<const std::int32_t*>(matrix));  // counter-clockwise
    if (std::isnan(degrees)) return 1;
    switch ((static_cast<int>(std::lround(degrees / 90)) % 4 + 4) % 4) {
        case 1: return 8;
        case 2: return 3;
        case 3: return 6;
        default: return 1;
    }
}

bool has_alpha_channel(AVPixelFormat format) {
    const AVPixFmtDescriptor* descriptor = av_pix_fmt_desc_get(format);
    return descriptor && (descriptor->flags & AV_PIX_FMT_FLAG_ALPHA);
}

}  // namespace

struct VideoReader::Decoder {
    explicit Decoder(const MediaSource& source) : stream(source, AVMEDIA_TYPE_VIDEO), orientation(orientation_of(stream.stream())) {}

    void fit_scaler(const AVFrame& f) {
        // Video that does not name its matrix is taken as players take it: BT.601 below 720 lines, BT.709 from there on.
        const libav::PixelLayout now = libav::layout_of(f, f.height < 720 ? SWS_CS_ITU601 : SWS_CS_ITU709);
        const bool same = scaler && now.format == from.format && now.width == from.width && now.height == from.height && now.matrix == from.matrix &&
                          now.range == from.range;
        if (same) return;
        if (static_cast<long long>(now.width) * now.height > kMaxPicturePixels)
            throw Error(ErrorCode::too_large, stream.subject(), "has pictures of more than 64 million pixels", "Scale it down first.");
        scaler = libav::make_scaler(now, {AV_PIX_FMT_RGBA, now.width, now.height}, stream.subject());
        from = now;
    }

    StreamDecoder stream;
    int orientation;
    libav::Frame frame = libav::make_frame();
    libav::Scaler scaler;
    libav::PixelLayout from;
    std::int64_t decoded = 0;
};

VideoReader::VideoReader(const MediaSource& source) : decoder_(std::make_unique<Decoder>(source)) {
    const StreamDecoder& stream = decoder_->stream;
    const bool turned = decoder_->orientation >= 5;
    facts_.width = turned ? stream.codec().height : stream.codec().width;
    facts_.height = turned ? stream.codec().width : stream.codec().height;
    const AVRational rate = stream.stream().avg_frame_rate.num > 0 ? stream.stream().avg_frame_rate : stream.stream().r_frame_rate;
    if (rate.num > 0 && rate.den > 0) facts_.fps = {rate.num, rate.den};
    facts_.duration_s = stream.duration_s();
    facts_.codec = avcodec_get_name(stream.codec().codec_id);
    facts_.container = stream.container().iformat->name;
    if (const char* name = av_get_pix_fmt_name(stream.codec().pix_fmt)) facts_.pixel_format = name;
    const AVDictionaryEntry* alpha = av_dict_get(stream.stream().metadata, "alpha_mode", nullptr, 0);
    facts_.has_alpha = has_alpha_channel(stream.codec().pix_fmt) || (alpha && std::string(alpha->value) == "1");
}

VideoReader::~VideoReader() = default;
VideoReader::VideoReader(VideoReader&&) noexcept = default;

bool VideoReader::read(TimedPicture& picture) {
    Decoder& d = *decoder_;
    av_frame_unref(d.frame.get());
    if (!d.stream.next(*d.frame)) {
        if (d.decoded == 0) throw Error(ErrorCode::unreadable, d.stream.subject(), "holds no picture that can be decoded", "Record or convert it again.");
        return false;
    }
    ++d.decoded;
    d.fit_scaler(*d.frame);
    RgbaImage image(d.frame->width, d.frame->height);
    std::uint8_t* const rows[] = {image.pixels.data()};
    const int strides[] = {image.width * 4};
    libav::check(sws_scale(d.scaler.get(), d.frame->data, d.frame->linesize, 0, image.height, rows, strides), d.stream.subject(), "convert its pixels");
    picture.image = upright(std::move(image), d.orientation);

    const AVStream& stream = d.stream.stream();
    const std::int64_t start = stream.start_time == AV_NOPTS_VALUE ? 0 : stream.start_time;
    if (d.frame->best_effort_timestamp != AV_NOPTS_VALUE)
        picture.time_s = static_cast<double>(d.frame->best_effort_timestamp - start) * av_q2d(stream.time_base);
    return true;
}

}  // namespace mirrorme
