#pragma once
// One module of a bundle, in the type it is to run in.

#include <torch/torch.h>

#include <utility>

#include "published/forward_stages.h"

namespace mirrorme {

/// The type of parameters made while one is alive. A large model is never held in a wider type than it runs in. One thread.
class DefaultType {
public:
    explicit DefaultType(torch::ScalarType type) : before_(torch::get_default_dtype()) { torch::set_default_dtype(c10::scalarTypeToTypeMeta(type)); }
    ~DefaultType() { torch::set_default_dtype(before_); }
    DefaultType(const DefaultType&) = delete;
    DefaultType& operator=(const DefaultType&) = delete;

private:
    caffe2::TypeMeta before_;
};

/// M(arguments...) with the bundle's weights under `prefix`; `may_lack` as for Bundle::load_into. M is a module holder. Throws Error.
template <class M, class... Arguments>
M load_module(const Bundle& bundle, const std::string& prefix, const ForwardOptions& options, const MayLack& may_lack, Arguments&&... arguments) {
    M module{nullptr};
    {
        const DefaultType type(options.type);
        module = M(std::forward<Arguments>(arguments)...);
    }
    LoadReport report;
    bundle.load_into(*module, prefix, report, may_lack);
    module->to(options.device, options.type);
    module->eval();
    return module;
}

}  // namespace mirrorme
