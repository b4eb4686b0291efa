#pragma once
// A module whose weights wait in host memory and are on a device only while somebody needs them there.

#include <torch/torch.h>

#include <functional>
#include <utility>
#include <vector>

namespace mirrorme {

// Note [Weights that wait]
// What is needed once a picture, such as an autoencoder's encoder (1.2 GB in bfloat16), would lie on the device for a whole stream that never asks for it. So
// it waits in host memory, and a reading of a picture takes a few tenths of a second longer: 1.2 GB at what PCIe moves from pageable memory. It is copied
// one way only: what waits is kept, so giving it back costs nothing, and the device's memory is free for others at once.

/// Lends a module's parameters and buffers to `device` for as long as this lives; then they are again the tensors that they were before. Nothing happens
/// where they are there already. One at a time for a module; any thread. Throws what the copies throw (no memory is left); the module is at home then.
class Lent {
public:
    Lent(torch::nn::Module& module, torch::Device device);
    /// The same with the tensors that `abroad` makes of the module's; undefined = that one stays (tests, which have no other device).
    Lent(torch::nn::Module& module, const std::function<torch::Tensor(const torch::Tensor&)>& abroad);
    ~Lent();
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;

private:
    void come_home();

    bool on_accelerator_ = false;
    std::vector<std::pair<torch::Tensor, torch::Tensor>> waiting_;  // the module's tensor, and what it holds at home
};

}  // namespace mirrorme
