#include "media/video_writer.h"

#include <optional>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "media/encoder.h"
#include "media/picture.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

struct CloseOutput {
    void operator()(AVFormatContext* context) const noexcept {
        avio_closep(&context->pb);
        avformat_free_context(context);
    }
};

/// Sound and pictures in one file.
class MuxedWriter final : public VideoWriter {
public:
    MuxedWriter(fs::path out, const VideoWriterOptions& options) : out_(std::move(out)), subject_(out_.string()) {
        require_writable(out_);
        temporary_ = temporary_beside(out_);
        try {
            open(options);
        } catch (...) {
            abandon();
            throw;
        }
    }
    ~MuxedWriter() override { abandon(); }

    void write_frame(std::span<const std::uint8_t> bgra) override {
        video_->encode(bgra, [this](AVPacket& packet) { write(packet, 0, video_->codec().time_base); });
    }

    void write_audio(const AudioBlock& block) override {
        if (audio_) audio_->encode(block, [this](AVPacket& packet) { write(packet, 1, audio_->codec().time_base); });
    }

    void finish() override {
        video_->flush([this](AVPacket& packet) { write(packet, 0, video_->codec().time_base); });
        if (audio_) audio_->flush([this](AVPacket& packet) { write(packet, 1, audio_->codec().time_base); });
        libav::check(av_write_trailer(output_.get()), subject_, "write it");
        check_disk();
        libav::check(avio_closep(&output_->pb), subject_, "write it");
        output_.reset();
        rename_over(temporary_, out_);
        temporary_.clear();
    }

private:
    void open(const VideoWriterOptions& options) {
        libav::keep_quiet();
        const std::string container(name_of(options.format));
        AVFormatContext* context = nullptr;
        libav::check(avformat_alloc_output_context2(&context, nullptr, container.c_str(), temporary_.c_str()), subject_, "write this file type");
        output_.reset(context);
        context->flags |= AVFMT_FLAG_BITEXACT;  // WebM would carry random numbers
        const auto header = context->oformat->flags & AVFMT_GLOBALHEADER ? VideoEncoder::Header::in_container : VideoEncoder::Header::in_stream;
        video_.emplace(options, subject_, header);
        add_stream(video_->codec());
        context->streams[0]->avg_frame_rate = video_->codec().framerate;
        if (keeps_alpha(options.format)) av_dict_set(&context->streams[0]->metadata, "alpha_mode", "1", 0);
        if (options.audio_rate > 0) {
            audio_.emplace(options, subject_, header);
            add_stream(audio_->codec());
        }
        libav::check(avio_open(&context->pb, temporary_.c_str(), AVIO_FLAG_WRITE), subject_, "write there", "Choose a place you may write to.");
        AVDictionary* settings = nullptr;
        if (options.format == VideoFormat::mp4) av_dict_set(&settings, "movflags", "+faststart", 0);
        const int code = avformat_write_header(context, &settings);
        av_dict_free(&settings);
        libav::check(code, subject_, "write it");
        check_disk();
    }

    void add_stream(const AVCodecContext& codec) {
        AVStream* stream = avformat_new_stream(output_.get(), nullptr);
        if (!stream) throw std::bad_alloc();
        libav::check(avcodec_parameters_from_context(stream->codecpar, &codec), subject_, "write it");
        stream->time_base = codec.time_base;
        stream->sample_aspect_ratio = codec.sample_aspect_ratio;
    }

    void write(AVPacket& packet, int stream, AVRational time_base) {
        packet.stream_index = stream;
        if (stream == 0 && packet.duration == 0) packet.duration = 1;
        av_packet_rescale_ts(&packet, time_base, output_->streams[stream]->time_base);
        libav::check(av_interleaved_write_frame(output_.get(), &packet), subject_, "write it");
        check_disk();
    }

    /// Muxers buffer: the disk's refusal often shows only in the buffer's own state.
    void check_disk() { libav::check(output_->pb ? output_->pb->error : 0, subject_, "write it"); }

    void abandon() noexcept {
        output_.reset();
        std::error_code ignored;
        if (!temporary_.empty()) fs::remove(temporary_, ignored);
    }

    fs::path out_, temporary_;
    std::string subject_;
    std::unique_ptr<AVFormatContext, CloseOutput> output_;
    std::optional<VideoEncoder> video_;
    std::optional<AudioEncoder> audio_;
};

std::uint32_t swapped_red_blue(std::uint32_t rgb) { return (rgb & 255) << 16 | (rgb & 0xff00) | (rgb >> 16 & 255); }

/// One PNG a frame; each of them appears whole.
class PngSequenceWriter final : public VideoWriter {
public:
    PngSequenceWriter(const fs::path& out, const VideoWriterOptions& options) : options_(options) {
        std::error_code ignored;
        const std::string name = out.filename().string();
        const std::size_t counter = name.find('%');
        if (counter == std::string::npos && (out.extension().empty() || fs::is_directory(out, ignored))) {
            if (!fs::exists(out, ignored) && !fs::create_directory(out, ignored))
                throw Error(ErrorCode::not_found, out.string(), "this folder cannot be made", "Make the folder above it first.");
            folder_ = out, before_ = "frame_", after_ = ".png";
        } else {
            split(out, name, counter);
        }
        require_writable(path_of(0));
    }

    void write_frame(std::span<const std::uint8_t> bgra) override {
        RgbaImage image(options_.width, options_.height);
        if (bgra.size() != image.pixels.size()) throw Error(ErrorCode::internal, path_of(next_).string(), "a frame of another size was given");
        for (std::size_t i = 0; i < bgra.size(); i += 4) {
            image.pixels[i] = bgra[i + 2];
            image.pixels[i + 1] = bgra[i + 1];
            image.pixels[i + 2] = bgra[i];
            image.pixels[i + 3] = bgra[i + 3];
        }
        if (options_.alpha == AlphaMode::flatten) flatten_bgra(image.pixels, swapped_red_blue(options_.backdrop_rgb));
        write_png(path_of(next_++), image);
    }

    void write_audio(const AudioBlock&) override {}
    void finish() override {}

private:
    void split(const fs::path& out, const std::string& name, std::size_t counter) {
        const auto refuse = [&] {
            throw Error(ErrorCode::usage, out.string(), "is one picture, not a sequence of them", "Put a counter into its name, as in x_%05d.png, or name a folder.");
        };
        if (counter == std::string::npos) refuse();
        std::size_t end = counter + 1;
        while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
        const std::string digits = name.substr(counter + 1, end - counter - 1);
        const bool single = name.find('%', counter + 1) == std::string::npos;
        if (end == name.size() || name[end] != 'd' || digits.size() > 2 || !single) refuse();
        folder_ = out.parent_path();
        before_ = name.substr(0, counter);
        after_ = name.substr(end + 1);
        digits_ = digits.empty() ? 1 : std::stoi(digits);
    }

    fs::path path_of(std::int64_t index) const {
        std::string number = std::to_string(index);
        if (number.size() < static_cast<std::size_t>(digits_)) number.insert(0, static_cast<std::size_t>(digits_) - number.size(), '0');
        return folder_ / (before_ + number + after_);
    }

    VideoWriterOptions options_;
    fs::path folder_;
    std::string before_, after_;
    int digits_ = 5;
    std::int64_t next_ = 0;
};

}  // namespace

std::unique_ptr<VideoWriter> open_video_writer(const fs::path& out, const VideoWriterOptions& options) {
    if (options.width < 1 || options.height < 1 || !options.fps.positive()) throw Error(ErrorCode::internal, out.string(), "a video without size or rate");
    if (options.format == VideoFormat::png) return std::make_unique<PngSequenceWriter>(out, options);
    return std::make_unique<MuxedWriter>(out, options);
}

}  // namespace mirrorme
