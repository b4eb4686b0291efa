#include "media/capabilities.h"

#include "media/encoder.h"

namespace mirrorme {
namespace {

std::string version_text(unsigned version) {
    return std::to_string(AV_VERSION_MAJOR(version)) + '.' + std::to_string(AV_VERSION_MINOR(version)) + '.' + std::to_string(AV_VERSION_MICRO(version));
}

}  // namespace

std::vector<MediaCapability> media_capabilities() {
    std::vector<MediaCapability> found;
    for (const VideoFormat format : {VideoFormat::mp4, VideoFormat::webm, VideoFormat::mov})
        for (const char* codec : {video_encoder_name(format), audio_encoder_name(format)})
            found.push_back({"write " + std::string(name_of(format)), codec, avcodec_find_encoder_by_name(codec) != nullptr});
    found.push_back({"write png", "png", avcodec_find_encoder(AV_CODEC_ID_PNG) != nullptr});
    for (const auto& [codec, id] : {std::pair{"png", AV_CODEC_ID_PNG}, {"mjpeg", AV_CODEC_ID_MJPEG}, {"webp", AV_CODEC_ID_WEBP}})
        found.push_back({"read pictures", codec, avcodec_find_decoder(id) != nullptr});
    for (const auto& [codec, id] : {std::pair{"mp3", AV_CODEC_ID_MP3}, {"aac", AV_CODEC_ID_AAC}, {"opus", AV_CODEC_ID_OPUS}, {"flac", AV_CODEC_ID_FLAC}})
        found.push_back({"read sound", codec, avcodec_find_decoder(id) != nullptr});
    return found;
}

std::string media_library_versions() {
    return "libavcodec " + version_text(avcodec_version()) + ", libavformat " + version_text(avformat_version());
}

}  // namespace mirrorme
