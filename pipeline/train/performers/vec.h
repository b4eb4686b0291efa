#pragma once
// Small vectors for drawing. x grows to the right, y downwards, z towards the viewer.

#include <algorithm>
#include <cmath>

namespace mirrorme::performers {

inline constexpr float kPi = 3.14159265358979f;

struct Vec2 {
    float x = 0, y = 0;
    friend Vec2 operator+(Vec2 a, Vec2 b) { return {a.x + b.x, a.y + b.y}; }
    friend Vec2 operator-(Vec2 a, Vec2 b) { return {a.x - b.x, a.y - b.y}; }
    friend Vec2 operator*(Vec2 a, float k) { return {a.x * k, a.y * k}; }
};

struct Vec3 {
    float x = 0, y = 0, z = 0;
    friend Vec3 operator+(Vec3 a, Vec3 b) { return {a.x + b.x, a.y + b.y, a.z + b.z}; }
    friend Vec3 operator-(Vec3 a, Vec3 b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
    friend Vec3 operator*(Vec3 a, float k) { return {a.x * k, a.y * k, a.z * k}; }
};

inline float radians(float degrees) { return degrees * kPi / 180.0f; }
inline float mix(float a, float b, float t) { return a + (b - a) * t; }
inline Vec2 mix(Vec2 a, Vec2 b, float t) { return a + (b - a) * t; }
inline Vec3 mix(Vec3 a, Vec3 b, float t) { return a + (b - a) * t; }
inline float clamp01(float v) { return std::clamp(v, 0.0f, 1.0f); }
inline float smooth_step(float low, float high, float v) {
    const float t = clamp01((v - low) / (high - low));
    return t * t * (3 - 2 * t);
}
inline float dot(Vec2 a, Vec2 b) { return a.x * b.x + a.y * b.y; }
inline float dot(Vec3 a, Vec3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
inline Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
inline float length(Vec2 v) { return std::hypot(v.x, v.y); }
inline float length(Vec3 v) { return std::sqrt(dot(v, v)); }
inline Vec2 unit(Vec2 v) { return v * (1 / std::max(length(v), 1e-6f)); }
inline Vec3 unit(Vec3 v) { return v * (1 / std::max(length(v), 1e-6f)); }
/// A quarter turn clockwise as seen in the picture.
inline Vec2 perpendicular(Vec2 v) { return {-v.y, v.x}; }
inline Vec2 rotate(Vec2 v, float angle) {
    const float c = std::cos(angle), s = std::sin(angle);
    return {c * v.x - s * v.y, s * v.x + c * v.y};
}

}  // namespace mirrorme::performers
