#pragma once
// What a device library (libmirrorme-cuda.so, kernels/cuda/runtime.cpp) does for the pipeline, which links none of it: the table of fused
// operations, the queue in use, recorded graphs, events and pinned memory.

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "kernels/include/tensor_operations.h"

namespace mirrorme {

/// Work that was recorded once and is queued again as a whole.
class DeviceGraph {
public:
    virtual ~DeviceGraph() = default;
    /// Queues it on this thread's current queue.
    virtual void replay() = 0;
};

/// A place in a device's queue.
class DeviceEvent {
public:
    virtual ~DeviceEvent() = default;
    virtual void record() = 0;
    /// The calling thread waits until the queue has come to it.
    virtual void wait() = 0;
    /// Device time between the two, both passed.
    virtual double ms_since(const DeviceEvent& earlier) const = 0;
};

/// Every function but the destructor may throw what torch throws. Device worker's thread.
class DeviceRuntime {
public:
    virtual ~DeviceRuntime() = default;
    virtual const kernels::TensorOperations& operations() const noexcept = 0;
    /// The queue on which this thread's tensors are computed.
    virtual kernels::Stream current_stream(torch::Device device) const = 0;
    /// From now on this thread's work is queued on a queue of its own, before other work of the process.
    virtual void take_queue(torch::Device device) = 0;
    /// Records what `work` queues, without computing it. Everything `work` touches but its own temporaries must stay where it is while the graph
    /// lives. Temporaries of graphs recorded `beside` another share its memory: such graphs are replayed one after the other (null: memory of its own).
    virtual std::unique_ptr<DeviceGraph> capture(torch::Device device, const DeviceGraph* beside, const std::function<void()>& work) = 0;
    virtual std::unique_ptr<DeviceEvent> event(torch::Device device) = 0;
    /// Ten times the number that NVIDIA gives it: 90 for 9.0.
    virtual int compute_capability(torch::Device device) const = 0;
    struct Memory {
        std::int64_t held = 0, peak = 0;  // bytes of tensors' memory, taken from the device by this process
        std::int64_t free = 0, total = 0;  // bytes of the device
    };
    virtual Memory memory(torch::Device device) const = 0;
    /// Tensors of this process take at most so many bytes of the device from now on; more is out of memory.
    virtual void limit_memory(torch::Device device, std::int64_t bytes) = 0;
};

/// What the library's one exported function returns. `version` comes first and is looked at before anything else.
struct DeviceLibrary {
    std::uint32_t version;
    const char* torch_version;  // it was compiled against
    DeviceRuntime* runtime;     // lives as long as the process
};
inline constexpr std::uint32_t kDeviceLibraryVersion = 3;  // of this header and of kernels/include: both sides are compiled with it
inline constexpr const char* kDeviceLibraryEntry = "mirrorme_device_library";
using DeviceLibraryEntry = const DeviceLibrary* (*)();

/// The library of `device`; null: there is none, torch's operations do its work.
DeviceRuntime* runtime_for(torch::Device device) noexcept;
/// Makes it known for all CUDA devices. Called by open_device (ops/device.h), once.
void install_runtime(DeviceRuntime* runtime) noexcept;

}  // namespace mirrorme
