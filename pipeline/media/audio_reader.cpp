#include "media/audio_reader.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "media/demuxer.h"

extern "C" {
#include <libavutil/channel_layout.h>
}

namespace mirrorme {
namespace {

constexpr int kMinStoredRate = 1000, kMaxStoredRate = 768000;
constexpr int kMinRate = 8000, kMaxRate = 192000;  // what sessions take; other rates become kUsualRate
constexpr int kUsualRate = 48000;
constexpr std::size_t kFramesPerRead = 4096;

/// Weights of one stored channel in the left and right of the fold-down (ITU-R BS.775, low-frequency channel left out).
struct FoldGain {
    float left = 0, right = 0;
};

FoldGain fold_gain(AVChannel channel) {
    constexpr float kMinus3dB = std::numbers::sqrt2_v<float> / 2;
    switch (channel) {
        case AV_CHAN_FRONT_LEFT:
        case AV_CHAN_STEREO_LEFT: return {1, 0};
        case AV_CHAN_FRONT_RIGHT:
        case AV_CHAN_STEREO_RIGHT: return {0, 1};
        case AV_CHAN_FRONT_CENTER: return {kMinus3dB, kMinus3dB};
        case AV_CHAN_BACK_LEFT:
        case AV_CHAN_SIDE_LEFT:
        case AV_CHAN_FRONT_LEFT_OF_CENTER: return {kMinus3dB, 0};
        case AV_CHAN_BACK_RIGHT:
        case AV_CHAN_SIDE_RIGHT:
        case AV_CHAN_FRONT_RIGHT_OF_CENTER: return {0, kMinus3dB};
        case AV_CHAN_BACK_CENTER: return {0.5f, 0.5f};
        case AV_CHAN_LOW_FREQUENCY:
        case AV_CHAN_LOW_FREQUENCY_2: return {0, 0};
        default: return {0.5f, 0.5f};
    }
}

float sane(float sample) { return std::isnan(sample) ? 0.0f : std::clamp(sample, -1.0f, 1.0f); }

}  // namespace

std::vector<float> mono_of(const AudioBlock& block) {
    if (block.channels == 1) return block.samples;
    std::vector<float> mono(block.frames());
    for (std::size_t i = 0; i < mono.size(); ++i) mono[i] = 0.5f * (block.samples[2 * i] + block.samples[2 * i + 1]);
    return mono;
}

/// Decoded frames of any format, layout and rate, as planar float at the rate the file began with.
struct AudioReader::Decoder {
    explicit Decoder(const MediaSource& source) : stream(source, AVMEDIA_TYPE_AUDIO) {}
    ~Decoder() { av_channel_layout_uninit(&layout); }

    bool fits(const AVFrame& f) const {
        return converter && f.format == format && f.sample_rate == rate && av_channel_layout_compare(&f.ch_layout, &layout) == 0;
    }
    void configure(const AVFrame& f);
    int convert(const AVFrame* f);
    void fold(int frames, int channels, std::vector<float>& out) const;

    StreamDecoder stream;
    libav::Resampler converter;
    libav::Frame frame = libav::make_frame();
    AVChannelLayout layout = {};  // as stored
    int format = AV_SAMPLE_FMT_NONE, rate = 0, out_rate = 0;
    std::vector<FoldGain> gains;  // one a stored channel
    std::vector<std::vector<float>> planes;
};

/// Files may change their format midway (concatenated recordings); what comes out keeps the rate it began with.
void AudioReader::Decoder::configure(const AVFrame& f) {
    const int channels = f.ch_layout.nb_channels;
    if (channels < 1 || f.sample_rate < kMinStoredRate || f.sample_rate > kMaxStoredRate)
        throw Error(ErrorCode::unreadable, stream.subject(),
                    "claims " + std::to_string(f.sample_rate) + " Hz and " + std::to_string(channels) + " channels", "Convert it to WAV with another program.");
    format = f.format;
    rate = f.sample_rate;
    if (out_rate == 0) out_rate = rate >= kMinRate && rate <= kMaxRate ? rate : kUsualRate;
    libav::check(av_channel_layout_copy(&layout, &f.ch_layout), stream.subject(), "decode it");

    AVChannelLayout named = {};  // files that only count their channels mean the usual order
    if (layout.order == AV_CHANNEL_ORDER_UNSPEC) av_channel_layout_default(&named, channels);
    else libav::check(av_channel_layout_copy(&named, &layout), stream.subject(), "decode it");
    gains.clear();
    for (int i = 0; i < channels; ++i) gains.push_back(fold_gain(av_channel_layout_channel_from_index(&named, static_cast<unsigned>(i))));
    planes.assign(static_cast<std::size_t>(channels), {});

    SwrContext* context = nullptr;
    const int code = swr_alloc_set_opts2(&context, &named, AV_SAMPLE_FMT_FLTP, out_rate, &named, static_cast<AVSampleFormat>(format), rate, 0, nullptr);
    av_channel_layout_uninit(&named);
    libav::check(code, stream.subject(), "decode it");
    converter.reset(context);
    libav::check(swr_init(converter.get()), stream.subject(), "decode it");
}

/// Fills `planes` from `f`, or with what the converter still holds when `f` is null; gives the number of frames.
int AudioReader::Decoder::convert(const AVFrame* f) {
    const int given = f ? f->nb_samples : 0;
    const int room = libav::check(swr_get_out_samples(converter.get(), given), stream.subject(), "decode it");
    std::vector<std::uint8_t*> rows;
    for (std::vector<float>& plane : planes) {
        plane.resize(static_cast<std::size_t>(room));
        rows.push_back(reinterpret_cast<std::uint8_t*>(plane.data()));
    }
    if (room == 0) return 0;
    const std::uint8_t** source = f ? const_cast<const std::uint8_t**>(f->extended_data) : nullptr;
    return libav::check(swr_convert(converter.get(), rows.data(), room, source, given), stream.subject(), "decode it");
}

/// Appends the first `frames` of `planes` to `out`, interleaved, as 1 or 2 channels.
void AudioReader::Decoder::fold(int frames, int channels, std::vector<float>& out) const {
    const bool stored_mono = planes.size() == 1;
    for (std::size_t i = 0; i < static_cast<std::size_t>(frames); ++i) {
        float left = stored_mono ? planes[0][i] : 0, right = left;
        for (std::size_t c = 0; c < planes.size() && !stored_mono; ++c) {
            left += gains[c].left * planes[c][i];
            right += gains[c].right * planes[c][i];
        }
        if (channels == 2) out.push_back(sane(left)), out.push_back(sane(right));
        else out.push_back(sane(0.5f * (left + right)));
    }
}

AudioReader::AudioReader(const MediaSource& source) : decoder_(std::make_unique<Decoder>(source)) {
    const StreamDecoder& stream = decoder_->stream;
    facts_.codec = avcodec_get_name(stream.codec().codec_id);
    facts_.container = stream.container().iformat->name;
    facts_.duration_s = stream.duration_s();
    refill();  // the first frame tells rate and layout for certain
    if (decoded_ == 0)
        throw Error(ErrorCode::unreadable, stream.subject(), "holds no sound that can be decoded", "Record or convert it again.");
    facts_.sample_rate = decoder_->out_rate;
    facts_.stored_channels = decoder_->layout.nb_channels;
}

AudioReader::~AudioReader() = default;
AudioReader::AudioReader(AudioReader&&) noexcept = default;

void AudioReader::interrupt() noexcept { decoder_->stream.interrupt(); }

std::int64_t AudioReader::damaged_packets() const noexcept { return decoder_->stream.damaged_packets(); }

void AudioReader::refill() {
    Decoder& d = *decoder_;
    waiting_.clear();
    taken_ = 0;
    while (waiting_.empty() && !ended_) {
        av_frame_unref(d.frame.get());
        ended_ = !d.stream.next(*d.frame);
        if (ended_ && !d.converter) return;
        if (!ended_ && !d.fits(*d.frame)) {
            if (d.converter) d.fold(d.convert(nullptr), facts_.channels, waiting_);
            d.configure(*d.frame);
            if (decoded_ == 0) facts_.channels = d.planes.size() == 1 ? 1 : 2;
        }
        const int frames = d.convert(ended_ ? nullptr : d.frame.get());
        d.fold(frames, facts_.channels, waiting_);
        decoded_ += frames;
    }
}

bool AudioReader::read(AudioBlock& block, std::size_t max_frames) {
    block.channels = facts_.channels;
    block.samples.clear();
    const auto wanted = std::max<std::size_t>(max_frames, 1) * static_cast<std::size_t>(facts_.channels);
    while (block.samples.size() < wanted) {
        if (taken_ == waiting_.size()) {
            if (ended_) break;
            refill();
            continue;
        }
        const std::size_t count = std::min(wanted - block.samples.size(), waiting_.size() - taken_);
        block.samples.insert(block.samples.end(), waiting_.begin() + static_cast<std::ptrdiff_t>(taken_),
                             waiting_.begin() + static_cast<std::ptrdiff_t>(taken_ + count));
        taken_ += count;
    }
    return !block.samples.empty();
}

std::vector<float> read_audio_mono(const std::string& path, int& sample_rate, double limit_s) {
    AudioReader reader(MediaSource{path});
    sample_rate = reader.facts().sample_rate;
    std::vector<float> mono;
    for (AudioBlock block; reader.read(block, kFramesPerRead);) {
        const std::vector<float> part = mono_of(block);
        mono.insert(mono.end(), part.begin(), part.end());
        if (static_cast<double>(mono.size()) > limit_s * sample_rate)
            throw Error(ErrorCode::too_large, path, "is longer than " + std::to_string(static_cast<int>(limit_s)) + " s", "Cut it first.");
    }
    return mono;
}

}  // namespace mirrorme
