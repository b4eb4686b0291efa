#pragma once
// RAII over what libobs hands out with a reference.

#include <obs-module.h>

#include <memory>
#include <string>

namespace mirrorme::obs {

template <class T, void (*Release)(T*)>
struct Releaser {
    void operator()(T* object) const noexcept { Release(object); }
};

using Source = std::unique_ptr<obs_source_t, Releaser<obs_source_t, obs_source_release>>;
using WeakSource = std::unique_ptr<obs_weak_source_t, Releaser<obs_weak_source_t, obs_weak_source_release>>;
using Data = std::unique_ptr<obs_data_t, Releaser<obs_data_t, obs_data_release>>;
using DataArray = std::unique_ptr<obs_data_array_t, Releaser<obs_data_array_t, obs_data_array_release>>;

inline Source source_of(obs_weak_source_t* weak) noexcept { return Source(weak ? obs_weak_source_get_source(weak) : nullptr); }
inline WeakSource weak_of(obs_source_t* source) noexcept { return WeakSource(source ? obs_source_get_weak_source(source) : nullptr); }
inline std::string name_of(obs_source_t* source) {
    const char* name = source ? obs_source_get_name(source) : nullptr;
    return name ? name : "";
}
/// UUID of a source; empty where libobs (before 29.1) has none.
inline std::string uuid_of([[maybe_unused]] obs_source_t* source) {
#if LIBOBS_API_VER >= MAKE_SEMANTIC_VERSION(29, 1, 0)
    const char* uuid = source ? obs_source_get_uuid(source) : nullptr;
    return uuid ? uuid : "";
#else
    return "";
#endif
}
inline Source source_by_uuid([[maybe_unused]] const std::string& uuid) {
#if LIBOBS_API_VER >= MAKE_SEMANTIC_VERSION(29, 1, 0)
    if (!uuid.empty()) return Source(obs_get_source_by_uuid(uuid.c_str()));
#endif
    return nullptr;
}

/// A path of libobs's making, freed.
inline std::string taken(char* text) {
    std::string out = text ? text : "";
    bfree(text);
    return out;
}

}  // namespace mirrorme::obs
