#pragma once
// Whether this build is instrumented by a sanitizer: everything takes several times as long then, and says nothing about speed.

namespace mirrorme::testing {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
/// By how much longer than usual it is waited for what has to come.
inline constexpr int kPatience = kSanitized ? 6 : 1;

}  // namespace mirrorme::testing
