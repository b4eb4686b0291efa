#include "engine/session/gesture_player.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace mirrorme {
namespace {

double smooth(double x) {
    x = std::clamp(x, 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

int ease_in_of(const KeyPointTrack& track) { return std::max(track.preset ? track.preset->ease_in_frames : 6, 1); }
int ease_out_of(const KeyPointTrack& track) { return std::max(track.preset ? track.preset->ease_out_frames : 6, 1); }

bool known(const KeyPoint& p) { return p.confidence > 0 || p.x != 0 || p.y != 0; }

/// To and fro inside [first, last], entering at first.
double ping_pong(double position, double first, double last) {
    const double length = last - first;
    if (length <= 0) return first;
    const double phase = std::fmod(position - first, 2 * length);
    return first + (phase <= length ? phase : 2 * length - phase);
}

}  // namespace

KeyPointFrame interpolated(const KeyPointTrack& track, double position) {
    const double last = static_cast<double>(track.frame_count() - 1);
    position = std::clamp(position, 0.0, last);
    const auto index = static_cast<std::size_t>(std::min(std::floor(position), std::max(last - 1, 0.0)));
    const auto t = static_cast<float>(position - static_cast<double>(index));
    KeyPointFrame a = track.frame(index);
    if (t == 0) return a;
    const KeyPointFrame b = track.frame(index + 1);
    for (const int p : track.points) {
        KeyPoint& to = a.points[static_cast<std::size_t>(p)];
        const KeyPoint& from = b.points[static_cast<std::size_t>(p)];
        if (!known(to)) to = {from.x, from.y, 0};
        else if (known(from)) {
            to.x += t * (from.x - to.x);
            to.y += t * (from.y - to.y);
        }
        to.confidence += t * (from.confidence - to.confidence);
    }
    for (const Scalar s : track.scalars) a[s] += t * (b[s] - a[s]);
    return a;
}

bool GesturePlayer::add(CommandKind kind, std::string gesture, FrameIndex at, std::shared_ptr<const KeyPointTrack> track) {
    if (pending_.size() >= kPendingLimit) return false;
    const auto later = std::upper_bound(pending_.begin(), pending_.end(), at, [](FrameIndex t, const Pending& p) { return t < p.at; });
    pending_.insert(later, Pending{kind, std::move(gesture), at, std::move(track)});
    return true;
}

double GesturePlayer::position(const Playing& p, FrameIndex frame) const {
    const double rate = p.track->fps.value() / fps_.value();
    if (p.released) return p.released_position + static_cast<double>(frame - *p.released) * rate;
    const double free_running = static_cast<double>(frame - p.start) * rate;
    if (!p.holding) return free_running;
    const double last = static_cast<double>(p.track->frame_count() - 1);
    if (!p.track->preset || !p.track->preset->hold) return std::min(free_running, last);
    const auto first = static_cast<double>(p.track->preset->hold->first), hold_last = static_cast<double>(p.track->preset->hold->end - 1);
    return free_running <= hold_last ? free_running : ping_pong(free_running, first, hold_last);
}

float GesturePlayer::weight(const Playing& p, FrameIndex frame) const {
    double w = smooth(static_cast<double>(frame - p.start + 1) / ease_in_of(*p.track));
    if (!p.holding || p.released) {
        const double rate = p.track->fps.value() / fps_.value();
        const double frames_left = (static_cast<double>(p.track->frame_count()) - position(p, frame)) / rate;
        w *= smooth(frames_left / ease_out_of(*p.track));
    }
    if (p.fade) w *= 1 - smooth(static_cast<double>(frame - *p.fade + 1) / p.fade_frames);
    return static_cast<float>(w);
}

void GesturePlayer::stop(const std::string& gesture, FrameIndex frame) {
    for (Playing& p : playing_) {
        if (!gesture.empty() && p.name != gesture) continue;
        const bool has_ending = p.holding && p.track->preset && p.track->preset->hold;
        if (has_ending && !p.released) {  // the preset's own way back follows its hold span
            p.released_position = position(p, frame);
            p.released = frame;
        } else if (!has_ending && !p.fade) {
            p.fade = frame;
            p.fade_frames = ease_out_of(*p.track);
        }
    }
}

void GesturePlayer::start_due(FrameIndex frame) {
    while (!pending_.empty() && pending_.front().at <= frame) {
        Pending next = std::move(pending_.front());
        pending_.erase(pending_.begin());
        if (next.kind == CommandKind::stop) {
            stop(next.gesture, frame);
            continue;
        }
        for (Playing& p : playing_)
            if (!p.fade) {
                p.fade = frame;
                p.fade_frames = ease_in_of(*next.track);
            }
        playing_.push_back({std::move(next.gesture), std::move(next.track), frame, next.kind == CommandKind::hold, {}, 0, {}, 1});
    }
}

GesturePose GesturePlayer::pose_at(FrameIndex frame) {
    start_due(frame);
    GesturePose out;
    std::array<float, point::kCount> share{};
    for (const Playing& p : playing_) {
        const float w = weight(p, frame);
        out.weight += w;
        const KeyPointFrame pose = interpolated(*p.track, position(p, frame));
        for (const int index : p.track->points) {
            const auto i = static_cast<std::size_t>(index);
            const KeyPoint& from = pose.points[i];
            if (w <= 0 || !known(from)) continue;
            KeyPoint& to = out.points.points[i];
            to.x += w * from.x;
            to.y += w * from.y;
            to.confidence = 1;
            share[i] += w;
        }
    }
    for (std::size_t i = 0; i < share.size(); ++i)
        if (share[i] > 0) {
            out.points.points[i].x /= share[i];
            out.points.points[i].y /= share[i];
        }
    out.weight = std::min(out.weight, 1.0f);
    std::erase_if(playing_, [&](const Playing& p) {
        const bool over = (!p.holding || p.released) && position(p, frame) >= static_cast<double>(p.track->frame_count());
        return over || (p.fade && frame - *p.fade + 1 >= p.fade_frames);
    });
    playing_name_ = playing_.empty() ? std::string() : playing_.back().name;
    return out;
}

}  // namespace mirrorme
