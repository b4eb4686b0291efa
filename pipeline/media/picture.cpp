#include "media/picture.h"

#include <cstring>
#include <utility>

#include "core/files.h"
#include "media/libav.h"

namespace mirrorme {
namespace {

constexpr std::size_t kMaxPictureFileBytes = std::size_t{1} << 30;
constexpr const char* kSaveAgain = "Copy or export the picture again.";

AVCodecID codec_of(PictureFormat format) {
    switch (format) {
        case PictureFormat::png: return AV_CODEC_ID_PNG;
        case PictureFormat::jpeg: return AV_CODEC_ID_MJPEG;
        case PictureFormat::webp: return AV_CODEC_ID_WEBP;
    }
    return AV_CODEC_ID_NONE;
}

libav::Frame decode_stored(std::span<const std::byte> file, PictureFormat format, const std::string& subject) {
    const AVCodec* codec = avcodec_find_decoder(codec_of(format));
    if (!codec)
        throw Error(ErrorCode::unsupported, subject, "this FFmpeg was built without " + std::string(name_of(format)), "Convert the picture to PNG.");
    const libav::CodecContext context = libav::make_codec_context(codec);
    context->max_pixels = kMaxPicturePixels;
    context->thread_count = 1;
    // JPEG files in the wild often break small rules; for the others a broken rule is damage.
    context->err_recognition = format == PictureFormat::jpeg ? AV_EF_BITSTREAM | AV_EF_BUFFER : AV_EF_CRCCHECK | AV_EF_EXPLODE;
    libav::check(avcodec_open2(context.get(), codec, nullptr), subject, "decode it");

    const libav::Packet packet = libav::make_packet();
    libav::check(av_new_packet(packet.get(), static_cast<int>(file.size())), subject, "read it");
    std::memcpy(packet->data, file.data(), file.size());
    libav::check(avcodec_send_packet(context.get(), packet.get()), subject, "decode it", kSaveAgain);
    libav::check(avcodec_send_packet(context.get(), nullptr), subject, "decode it", kSaveAgain);
    libav::Frame frame = libav::make_frame();
    const int code = avcodec_receive_frame(context.get(), frame.get());
    if (code == AVERROR_EOF) throw Error(ErrorCode::unreadable, subject, "the picture is damaged: nothing could be decoded", kSaveAgain);
    libav::check(code, subject, "decode it", kSaveAgain);
    if (frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT))
        throw Error(ErrorCode::unreadable, subject, "the picture is damaged", kSaveAgain);
    return frame;
}

RgbaImage to_rgba(const AVFrame& frame, const std::string& subject) {
    RgbaImage image(frame.width, frame.height);
    const libav::PixelLayout from = libav::layout_of(frame, SWS_CS_ITU601);  // JPEG and WebP are BT.601
    const libav::Scaler scaler = libav::make_scaler(from, {AV_PIX_FMT_RGBA, frame.width, frame.height}, subject);
    std::uint8_t* const rows[] = {image.pixels.data()};
    const int strides[] = {frame.width * 4};
    libav::check(sws_scale(scaler.get(), frame.data, frame.linesize, 0, frame.height, rows, strides), subject, "convert its pixels");
    return image;
}

}  // namespace

RgbaImage upright(RgbaImage stored, int orientation) {
    if (orientation <= 1 || orientation > 8) return stored;
    const int w = stored.width, h = stored.height;
    const bool turned = orientation >= 5;  // rows become columns
    RgbaImage image(turned ? h : w, turned ? w : h);
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            int sx = turned ? y : x, sy = turned ? x : y;
            if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) sx = w - 1 - sx;
            if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) sy = h - 1 - sy;
            std::memcpy(image.at(x, y), stored.at(sx, sy), 4);
        }
    }
    return image;
}

RgbaImage decode_picture(std::span<const std::byte> file, const std::string& subject) {
    libav::keep_quiet();
    if (file.size() > kMaxPictureFileBytes) throw Error(ErrorCode::too_large, subject, "is a file of more than 1 GiB", "Scale the picture down first.");
    const PictureHeader header = read_picture_header(file, subject);
    const libav::Frame frame = decode_stored(file, header.format, subject);
    return upright(to_rgba(*frame, subject), header.orientation);
}

RgbaImage read_picture(const std::filesystem::path& path) {
    const MappedFile file(path);
    return decode_picture(file.bytes(), path.string());
}

std::vector<std::byte> encode_png(const RgbaImage& image) {
    libav::keep_quiet();
    const std::string subject = "PNG";
    const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
    if (!codec) throw Error(ErrorCode::unsupported, subject, "this FFmpeg cannot write PNG", "Install Debian's FFmpeg libraries.");
    const libav::CodecContext context = libav::make_codec_context(codec);
    context->width = image.width;
    context->height = image.height;
    context->pix_fmt = AV_PIX_FMT_RGBA;
    context->time_base = {1, 1};
    context->thread_count = 1;
    av_opt_set(context->priv_data, "pred", "sub", 0);
    libav::check(avcodec_open2(context.get(), codec, nullptr), subject, "encode a picture");

    const libav::Frame frame = libav::make_frame();
    frame->width = image.width;
    frame->height = image.height;
    frame->format = AV_PIX_FMT_RGBA;
    libav::check(av_frame_get_buffer(frame.get(), 0), subject, "encode a picture");
    for (int y = 0; y < image.height; ++y)
        std::memcpy(frame->data[0] + static_cast<std::ptrdiff_t>(y) * frame->linesize[0], image.at(0, y), static_cast<std::size_t>(image.width) * 4);

    const libav::Packet packet = libav::make_packet();
    libav::check(avcodec_send_frame(context.get(), frame.get()), subject, "encode a picture");
    libav::check(avcodec_receive_packet(context.get(), packet.get()), subject, "encode a picture");
    const auto* data = reinterpret_cast<const std::byte*>(packet->data);
    return {data, data + packet->size};
}

void write_png(const std::filesystem::path& path, const RgbaImage& image) {
    const std::vector<std::byte> png = encode_png(image);
    AtomicFile file(path);
    file.write(png);
    file.commit();
}

}  // namespace mirrorme
