#pragma once
// libobs's reference counts and allocations as values with an owner.

#include <obs-frontend-api.h>
#include <obs.h>

#include <memory>
#include <utility>

namespace mirrorme::ui {

struct ReleaseObs {
    void operator()(obs_source_t* source) const { obs_source_release(source); }
    void operator()(obs_weak_source_t* source) const { obs_weak_source_release(source); }
    void operator()(obs_data_t* data) const { obs_data_release(data); }
    void operator()(char* text) const { bfree(text); }
};

using SourceRef = std::unique_ptr<obs_source_t, ReleaseObs>;
using WeakSourceRef = std::unique_ptr<obs_weak_source_t, ReleaseObs>;
using DataRef = std::unique_ptr<obs_data_t, ReleaseObs>;
using ObsText = std::unique_ptr<char, ReleaseObs>;  // of functions that say "free with bfree"

/// The arguments of one call of a proc, in and out.
class CallData {
public:
    CallData() = default;
    ~CallData() { calldata_free(&data_); }
    CallData(const CallData&) = delete;
    CallData& operator=(const CallData&) = delete;

    calldata_t* get() { return &data_; }
    void set(const char* name, const char* text) { calldata_set_string(&data_, name, text); }
    const char* text(const char* name) {
        const char* value = nullptr;
        return calldata_get_string(&data_, name, &value) && value ? value : "";
    }
    bool flag(const char* name) { return calldata_bool(&data_, name); }

private:
    calldata_t data_{};
};

}  // namespace mirrorme::ui
