#include "features/feature_times.h"

namespace mirrorme {
namespace {

FeaturePosition position_of(int64_t numerator, int64_t denominator) {
    const int64_t whole = mul_div_floor(numerator, 1, denominator);
    return {whole, static_cast<float>(static_cast<double>(numerator - whole * denominator) / static_cast<double>(denominator))};
}

}  // namespace

FeaturePosition end_of_hearing(FrameIndex frame, const HearingTimes& times) {
    const Rational fps = reduced(times.fps);
    return position_of((frame + 1) * kModelSampleRate * fps.den + times.look_ahead * fps.num, kFeatureHop * fps.num);
}

FeaturePosition middle_of_frame(FrameIndex frame, Rational rate, int64_t samples) {
    const Rational fps = reduced(rate);
    return position_of((2 * frame + 1) * (kModelSampleRate / 2) * fps.den + samples * fps.num, kFeatureHop * fps.num);
}

FrameIndex last_frame_with_middle_before(int64_t hops, Rational rate, int64_t samples) {
    const Rational fps = reduced(rate);
    // (2 f + 1) 8000 den <= (320 hops - samples) num
    const int64_t half_frame = kModelSampleRate / 2 * fps.den;
    return mul_div_floor((kFeatureHop * hops - samples) * fps.num - half_frame, 1, 2 * half_frame);
}

}  // namespace mirrorme
