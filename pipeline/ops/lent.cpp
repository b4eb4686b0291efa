#include "ops/lent.h"

#include <ATen/DeviceAccelerator.h>

#include <string>

#include "core/log.h"

namespace mirrorme {

using torch::Tensor;

Lent::Lent(torch::nn::Module& module, torch::Device device)
    : Lent(module, [device](const Tensor& tensor) { return tensor.device() == device ? Tensor() : tensor.to(device); }) {
    on_accelerator_ = at::accelerator::isAccelerator(device.type());
}

Lent::Lent(torch::nn::Module& module, const std::function<Tensor(const Tensor&)>& abroad) {
    const c10::InferenceMode normal_tensors(false);  // parameters cannot hold inference tensors
    const torch::NoGradGuard no_grad;
    const auto lend = [&](const std::vector<Tensor>& tensors) {
        for (Tensor tensor : tensors) {
            const Tensor home = tensor.detach(), away = abroad(home);
            if (!away.defined()) continue;
            waiting_.emplace_back(tensor, home);
            tensor.set_data(away);
        }
    };
    try {
        lend(module.parameters());
        lend(module.buffers());
    } catch (...) {
        come_home();
        throw;
    }
}

void Lent::come_home() {
    const c10::InferenceMode normal_tensors(false);
    const torch::NoGradGuard no_grad;
    for (auto& [tensor, home] : waiting_) tensor.set_data(home);
}

Lent::~Lent() {
    come_home();
    if (waiting_.empty() || !on_accelerator_) return;
    try {
        at::accelerator::emptyCache();  // else the allocator would keep the memory for us
    } catch (const c10::Error& error) {
        log_warning(std::string("the device does not give memory back: ") + error.what_without_backtrace());
    }
}

}  // namespace mirrorme
