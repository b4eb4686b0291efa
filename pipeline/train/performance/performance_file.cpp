#include "train/performance/performance_file.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <type_traits>

#include "core/error.h"
#include "train/performance/half_float.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

static_assert(std::endian::native == std::endian::little, "shards are little-endian");

constexpr std::string_view kMagic{"MMPERF\0\0", 8};
constexpr std::size_t kHeaderBytes = 24, kRecordHeaderBytes = 16;
constexpr std::size_t kMostText = 1 << 16;
constexpr const char* kRemedy = "Make the shard again";
constexpr float kMu = 255;

// A record: u64 seed, u32 frames, u32 phonemes, u32 gestures, u32 voice bytes, u32 text bytes;
// phonemes {u32 start, u32 end, u32 release, u16 prominence, u8 phone, u8 stressed};
// gestures {u32 start, u32 end, u8 hand, u8 name bytes, name}; voice; text; speaking {u8}; poses {46 x u16}; sound.

/// Every number of a pose, in the order of the file.
constexpr std::size_t kPoseValues = 46;
static_assert(sizeof(PerformerPose) == kPoseValues * sizeof(float), "a new number in PerformerPose needs a new file version");

template <class Pose>
auto values_of(Pose& p) {
    using Value = std::conditional_t<std::is_const_v<Pose>, const float, float>;
    std::array<Value*, kPoseValues> values{};
    std::size_t n = 0;
    const auto add = [&](auto&... each) { ((values[n++] = &each), ...); };
    add(p.mouth.opening, p.mouth.width, p.mouth.rounding, p.mouth.press, p.mouth.teeth, p.mouth.tongue, p.mouth.smile);
    add(p.eyes.lid_right, p.eyes.lid_left, p.eyes.gaze_x, p.eyes.gaze_y, p.eyes.brow_right, p.eyes.brow_left, p.eyes.frown);
    add(p.head.yaw, p.head.pitch, p.head.roll, p.head.shift_x, p.head.shift_y);
    add(p.torso.sway, p.torso.lean, p.torso.breath, p.torso.raise_right, p.torso.raise_left);
    for (auto* arm : {&p.right_arm, &p.left_arm}) {
        add(arm->raised, arm->wrist_x, arm->wrist_y, arm->hand_angle, arm->palm, arm->spread);
        for (auto& finger : arm->curl) add(finger);
    }
    return values;
}

class Bytes {
public:
    template <class T>
    void put(T value) {
        static_assert(std::is_trivially_copyable_v<T>);
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        std::memcpy(bytes_.data() + at, &value, sizeof(T));
    }
    void put_text(std::string_view text) { bytes_.insert(bytes_.end(), text.begin(), text.end()); }
    std::string_view view() const { return {bytes_.data(), bytes_.size()}; }

private:
    std::vector<char> bytes_;
};

/// Reads on from where it is; everything it hands out was inside.
class Cursor {
public:
    Cursor(std::span<const std::byte> bytes, const std::string& subject) : rest_(bytes), subject_(subject) {}

    template <class T>
    T take() {
        need(sizeof(T), 1);
        T value;
        std::memcpy(&value, rest_.data(), sizeof(T));
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    std::string take_text(std::size_t size) {
        need(size, 1);
        std::string text(reinterpret_cast<const char*>(rest_.data()), size);
        rest_ = rest_.subspan(size);
        return text;
    }
    /// Refuses unless `count` things of `size` bytes are there: call before allocating for them.
    void need(std::size_t count, std::size_t size) const {
        if (count > rest_.size() / size) fail("is cut short");
    }
    void require(bool holds, const char* problem) const {
        if (!holds) fail(problem);
    }
    std::size_t left() const { return rest_.size(); }

private:
    [[noreturn]] void fail(const char* problem) const { throw Error(ErrorCode::unreadable, subject_, problem, kRemedy); }
    std::span<const std::byte> rest_;
    const std::string& subject_;
};

std::int8_t to_mu_law(float sample) {
    const float curved = std::log1p(kMu * std::min(std::abs(sample), 1.0f)) / std::log1p(kMu);
    return static_cast<std::int8_t>(std::copysign(std::round(127 * curved), sample));
}

/// to_mu_law's 256 values back.
const std::array<float, 256>& mu_law_table() {
    static const auto table = [] {
        std::array<float, 256> values{};
        for (int code = -128; code < 128; ++code) {
            const float size = (std::exp(static_cast<float>(std::abs(code)) / 127 * std::log1p(kMu)) - 1) / kMu;
            values[static_cast<std::uint8_t>(code)] = std::copysign(std::min(size, 1.0f), static_cast<float>(code));
        }
        return values;
    }();
    return table;
}

void put_sound(Bytes& bytes, std::span<const float> audio, SoundCoding coding) {
    for (const float sample : audio) {
        if (coding == SoundCoding::mu_law8) bytes.put(to_mu_law(sample));
        else bytes.put(static_cast<std::int16_t>(std::lround(std::clamp(sample, -1.0f, 1.0f) * 32767)));
    }
}

std::string_view encode(Bytes& bytes, const Performance& p, SoundCoding coding) {
    bytes.put(p.seed);
    bytes.put(static_cast<std::uint32_t>(p.poses.size()));
    bytes.put(static_cast<std::uint32_t>(p.phonemes.size()));
    bytes.put(static_cast<std::uint32_t>(p.gestures.size()));
    bytes.put(static_cast<std::uint32_t>(p.voice.size()));
    bytes.put(static_cast<std::uint32_t>(p.text.size()));
    for (const PhonemeSpan& span : p.phonemes) {
        bytes.put(static_cast<std::uint32_t>(span.start_sample));
        bytes.put(static_cast<std::uint32_t>(span.end_sample));
        bytes.put(static_cast<std::uint32_t>(span.release_sample));
        bytes.put(to_half(span.prominence));
        bytes.put(static_cast<std::uint8_t>(span.phone));
        bytes.put(static_cast<std::uint8_t>(span.stressed));
    }
    for (const GestureSpan& gesture : p.gestures) {
        bytes.put(static_cast<std::uint32_t>(gesture.start_frame));
        bytes.put(static_cast<std::uint32_t>(gesture.end_frame));
        bytes.put(static_cast<std::uint8_t>(gesture.hand));
        bytes.put(static_cast<std::uint8_t>(gesture.name.size()));
        bytes.put_text(gesture.name);
    }
    bytes.put_text(p.voice);
    bytes.put_text(p.text);
    for (const std::uint8_t speaking : p.speaking) bytes.put(speaking);
    for (const PerformerPose& pose : p.poses) {
        for (const float* value : values_of(pose)) bytes.put(to_half(*value));
    }
    put_sound(bytes, p.audio_16k, coding);
    return bytes.view();
}

void require_writable_form(const Performance& p) {
    const auto frames = static_cast<std::int64_t>(p.poses.size());
    const auto fits = [](std::size_t size, std::size_t limit) { return size <= limit; };
    bool good = frames >= 1 && frames <= kMostPerformanceFrames && p.speaking.size() == p.poses.size() && fits(p.voice.size(), kMostText) &&
                fits(p.text.size(), kMostText) && static_cast<std::int64_t>(p.audio_16k.size()) == kPerformanceClock.first_sample(frames);
    for (const GestureSpan& gesture : p.gestures) good = good && fits(gesture.name.size(), 255);
    if (!good) {
        throw Error(ErrorCode::usage, "performance", "its sound, frames or texts do not fit each other or the file",
                    "At most " + std::to_string(kMostPerformanceFrames) + " frames");
    }
}

std::vector<PhonemeSpan> take_phonemes(Cursor& cursor, std::size_t count, std::int64_t samples) {
    cursor.need(count, 16);
    std::vector<PhonemeSpan> spans(count);
    std::int64_t at = 0;
    for (PhonemeSpan& span : spans) {
        span.start_sample = cursor.take<std::uint32_t>();
        span.end_sample = cursor.take<std::uint32_t>();
        span.release_sample = cursor.take<std::uint32_t>();
        span.prominence = from_half(cursor.take<std::uint16_t>());
        const auto phone = cursor.take<std::uint8_t>();
        const auto stressed = cursor.take<std::uint8_t>();
        cursor.require(phone < kPhoneCount && stressed <= 1 && std::isfinite(span.prominence), "names an unknown sound");
        cursor.require(span.start_sample >= at && span.release_sample >= span.start_sample && span.end_sample >= span.release_sample &&
                           span.end_sample <= samples,
                       "has sounds out of order");
        span.phone = static_cast<Phone>(phone);
        span.stressed = stressed != 0;
        at = span.end_sample;
    }
    return spans;
}

std::vector<GestureSpan> take_gestures(Cursor& cursor, std::size_t count, std::uint32_t frames) {
    cursor.need(count, 10);
    std::vector<GestureSpan> gestures(count);
    for (GestureSpan& gesture : gestures) {
        const auto start = cursor.take<std::uint32_t>(), end = cursor.take<std::uint32_t>();
        const auto hand = cursor.take<std::uint8_t>();
        cursor.require(start <= end && end <= frames && hand <= 2, "has a gesture outside its frames");
        gesture.start_frame = static_cast<int>(start);
        gesture.end_frame = static_cast<int>(end);
        gesture.hand = static_cast<GestureHand>(hand);
        gesture.name = cursor.take_text(cursor.take<std::uint8_t>());
    }
    return gestures;
}

Performance decode(std::span<const std::byte> bytes, SoundCoding coding, const std::string& subject) {
    Cursor cursor(bytes, subject);
    Performance p;
    p.seed = cursor.take<std::uint64_t>();
    const auto frames = cursor.take<std::uint32_t>();
    const auto phonemes = cursor.take<std::uint32_t>(), gestures = cursor.take<std::uint32_t>();
    const auto voice_bytes = cursor.take<std::uint32_t>(), text_bytes = cursor.take<std::uint32_t>();
    cursor.require(frames >= 1 && frames <= kMostPerformanceFrames, "has an impossible number of frames");
    cursor.require(voice_bytes <= kMostText && text_bytes <= kMostText, "has impossible texts");
    const std::int64_t samples = kPerformanceClock.first_sample(frames);
    p.phonemes = take_phonemes(cursor, phonemes, samples);
    p.gestures = take_gestures(cursor, gestures, frames);
    p.voice = cursor.take_text(voice_bytes);
    p.text = cursor.take_text(text_bytes);

    cursor.need(frames, 1 + 2 * kPoseValues);
    p.speaking.resize(frames);
    for (std::uint8_t& speaking : p.speaking) {
        speaking = cursor.take<std::uint8_t>();
        cursor.require(speaking <= 1, "has an impossible speaking mark");
    }
    p.poses.resize(frames);
    for (PerformerPose& pose : p.poses) {
        for (float* value : values_of(pose)) {
            *value = from_half(cursor.take<std::uint16_t>());
            cursor.require(std::isfinite(*value), "has a pose that is no number");
        }
    }
    const std::size_t width = coding == SoundCoding::mu_law8 ? 1 : 2;
    cursor.require(cursor.left() == static_cast<std::size_t>(samples) * width, "has sound of another length than its frames");
    p.audio_16k.resize(static_cast<std::size_t>(samples));
    for (float& sample : p.audio_16k) {
        if (coding == SoundCoding::mu_law8) sample = mu_law_table()[cursor.take<std::uint8_t>()];
        else sample = std::max(static_cast<float>(cursor.take<std::int16_t>()) / 32767, -1.0f);
    }
    return p;
}

}  // namespace

PerformanceShardWriter::PerformanceShardWriter(std::filesystem::path folder, std::string name, SoundCoding coding, std::size_t limit)
    : folder_(std::move(folder)), name_(std::move(name)), coding_(coding), limit_(limit) {}

void PerformanceShardWriter::add(const Performance& performance) {
    require_writable_form(performance);
    Bytes body, header;
    const std::string_view bytes = encode(body, performance, coding_);
    header.put(static_cast<std::uint32_t>(bytes.size()));
    header.put(std::uint32_t{0});
    header.put(stable_hash(bytes));
    if (count_ > 0 && kHeaderBytes + records_.size() + kRecordHeaderBytes + bytes.size() > limit_) write_shard();
    records_.insert(records_.end(), header.view().begin(), header.view().end());
    records_.insert(records_.end(), bytes.begin(), bytes.end());
    ++count_;
}

void PerformanceShardWriter::write_shard() {
    char number[16];
    std::snprintf(number, sizeof(number), "-%03zu", files_.size());
    const std::filesystem::path path = folder_ / (name_ + number + ".mmperf");
    Bytes header;
    header.put_text(kMagic);
    header.put(kPerformanceFileVersion);
    header.put(static_cast<std::uint32_t>(coding_));
    header.put(count_);
    header.put(std::uint32_t{0});
    AtomicFile file(path);
    file.write(header.view());
    file.write(std::string_view(records_.data(), records_.size()));
    file.commit();
    files_.push_back(path);
    records_.clear();
    count_ = 0;
}

std::vector<std::filesystem::path> PerformanceShardWriter::finish() {
    if (count_ > 0) write_shard();
    return files_;
}

PerformanceShard::PerformanceShard(const std::filesystem::path& file) : path_(file), file_(file) {
    const std::string subject = path_.string();
    Cursor cursor(file_.bytes(), subject);
    if (file_.bytes().size() < kHeaderBytes || cursor.take_text(kMagic.size()) != kMagic) {
        throw Error(ErrorCode::unreadable, subject, "is not a shard of performances", kRemedy);
    }
    const auto version = cursor.take<std::uint32_t>();
    if (version != kPerformanceFileVersion) {
        throw Error(ErrorCode::mismatch, subject, "has version " + std::to_string(version) + ", this program reads " + std::to_string(kPerformanceFileVersion), kRemedy);
    }
    const auto coding = cursor.take<std::uint32_t>();
    cursor.require(coding <= static_cast<std::uint32_t>(SoundCoding::mu_law8), "has an unknown sound coding");
    coding_ = static_cast<SoundCoding>(coding);
    const auto count = cursor.take<std::uint32_t>();
    cursor.take<std::uint32_t>();
    cursor.need(count, kRecordHeaderBytes);
    records_.reserve(count);
    std::size_t at = kHeaderBytes;
    for (std::uint32_t i = 0; i < count; ++i) {
        Cursor record(file_.bytes().subspan(at), subject);
        const auto size = record.take<std::uint32_t>();
        record.take<std::uint32_t>();
        const auto hash = record.take<std::uint64_t>();
        record.need(size, 1);
        records_.push_back({file_.bytes().subspan(at + kRecordHeaderBytes, size), hash});
        at += kRecordHeaderBytes + size;
    }
    if (at != file_.bytes().size()) throw Error(ErrorCode::unreadable, subject, "goes on after its last performance", kRemedy);
}

Performance PerformanceShard::read(std::size_t index) const {
    const Record& record = records_.at(index);
    const std::string subject = path_.string() + ", performance " + std::to_string(index);
    const std::string_view bytes(reinterpret_cast<const char*>(record.bytes.data()), record.bytes.size());
    if (stable_hash(bytes) != record.hash) throw Error(ErrorCode::unreadable, subject, "is damaged (its hash differs)", kRemedy);
    return decode(record.bytes, coding_, subject);
}

std::vector<std::filesystem::path> find_performance_shards(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> shards;
    std::error_code failed;
    for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
        if (entry.path().extension() == ".mmperf") shards.push_back(entry.path());
    }
    if (shards.empty()) {
        throw Error(ErrorCode::not_found, folder.string(), "holds no performances (*.mmperf)", "Record them on a machine with espeak-ng and flite");
    }
    std::sort(shards.begin(), shards.end());
    return shards;
}

}  // namespace mirrorme
