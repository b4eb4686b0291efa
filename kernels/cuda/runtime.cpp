// libmirrorme-cuda.so: the pipeline's device runtime (ops/device_runtime.h) on torch's CUDA half. Compiled by the host's compiler; the fused
// operations beside it by nvcc. The one place that names at::cuda and c10::cuda.

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda_runtime.h>
#include <torch/version.h>

#include <algorithm>
#include <exception>
#include <memory>

#include "ops/device_runtime.h"

namespace mirrorme {
namespace {

void must(cudaError_t error, const char* what) { TORCH_CHECK(error == cudaSuccess, what, ": ", cudaGetErrorString(error)); }

class CudaGraph final : public DeviceGraph {
public:
    void replay() override { graph.replay(); }
    mutable at::cuda::CUDAGraph graph;
};

class CudaEvent final : public DeviceEvent {
public:
    explicit CudaEvent(torch::Device device) : device_(device) {
        const c10::cuda::CUDAGuard on(device_);
        must(cudaEventCreate(&event_), "cudaEventCreate");
    }
    ~CudaEvent() override { cudaEventDestroy(event_); }
    CudaEvent(const CudaEvent&) = delete;
    CudaEvent& operator=(const CudaEvent&) = delete;
    void record() override { must(cudaEventRecord(event_, c10::cuda::getCurrentCUDAStream(device_.index())), "cudaEventRecord"); }
    void wait() override { must(cudaEventSynchronize(event_), "cudaEventSynchronize"); }
    double ms_since(const DeviceEvent& earlier) const override {
        float ms = 0;
        must(cudaEventElapsedTime(&ms, static_cast<const CudaEvent&>(earlier).event_, event_), "cudaEventElapsedTime");
        return static_cast<double>(ms);
    }

private:
    torch::Device device_;
    cudaEvent_t event_{};
};

class CudaRuntime final : public DeviceRuntime {
public:
    const kernels::TensorOperations& operations() const noexcept override { return kernels::cuda_tensor_operations(); }
    kernels::Stream current_stream(torch::Device device) const override { return {c10::cuda::getCurrentCUDAStream(device.index()).stream()}; }
    void take_queue(torch::Device device) override { c10::cuda::setCurrentCUDAStream(c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index())); }

    // Note [Recording]
    // ThreadLocal mode: what another thread of the process asks of the driver meanwhile does not spoil the recording. The queue is one of torch's
    // pool, because the default one cannot be recorded and because a graph's kernels keep the priority of the queue they were recorded on. cuBLAS
    // remembers a workspace for each queue: it is dropped before, so that the graph gets one in its own memory, and after, so that no later work on that
    // queue writes into the graph's. Algorithms were chosen by the runs before, on this thread: torch keeps them by thread.
    std::unique_ptr<DeviceGraph> capture(torch::Device device, const DeviceGraph* beside, const std::function<void()>& work) override {
        const c10::cuda::CUDAGuard on(device);
        auto made = std::make_unique<CudaGraph>();
        const at::cuda::MempoolId_t pool = beside == nullptr ? at::cuda::graph_pool_handle() : static_cast<const CudaGraph*>(beside)->graph.pool();
        c10::cuda::getCurrentCUDAStream(device.index()).synchronize();
        const c10::cuda::CUDAStreamGuard queue(c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device.index()));
        at::cuda::clearCublasWorkspaces();
        made->graph.capture_begin(pool, cudaStreamCaptureModeThreadLocal);
        try {
            work();
            made->graph.capture_end();
        } catch (...) {
            abandon(*made, queue.current_stream(), pool);
            throw;
        }
        at::cuda::clearCublasWorkspaces();
        return made;
    }

    std::unique_ptr<DeviceEvent> event(torch::Device device) override { return std::make_unique<CudaEvent>(device); }

    int compute_capability(torch::Device device) const override {
        const cudaDeviceProp* properties = at::cuda::getDeviceProperties(device.has_index() ? device.index() : c10::cuda::current_device());
        return 10 * properties->major + properties->minor;
    }

    Memory memory(torch::Device device) const override {
        const c10::cuda::CUDAGuard on(device);
        const auto held = c10::cuda::CUDACachingAllocator::getDeviceStats(c10::cuda::current_device()).reserved_bytes[0];
        std::size_t free = 0, total = 0;
        must(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
        return {held.current, held.peak, static_cast<std::int64_t>(free), static_cast<std::int64_t>(total)};
    }

    void limit_memory(torch::Device device, std::int64_t bytes) override {
        const std::int64_t total = memory(device).total;
        const double share = std::min(1.0, static_cast<double>(bytes) / static_cast<double>(total));
        c10::cuda::CUDACachingAllocator::setMemoryFraction(share, device.has_index() ? device.index() : c10::cuda::current_device());
    }

private:
    /// Leaves the queue and the allocator as if nothing had been recorded, whatever went wrong.
    static void abandon(CudaGraph&, c10::cuda::CUDAStream queue, at::cuda::MempoolId_t pool) noexcept {
        cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
        if (cudaStreamIsCapturing(queue, &status) == cudaSuccess && status != cudaStreamCaptureStatusNone) {
            cudaGraph_t unfinished = nullptr;
            cudaStreamEndCapture(queue, &unfinished);
            if (unfinished != nullptr) cudaGraphDestroy(unfinished);
        }
        cudaGetLastError();  // the failed capture's own, which is not sticky
        try {
            c10::cuda::CUDACachingAllocator::endAllocateToPool(queue.device_index(), pool);
            at::cuda::clearCublasWorkspaces();
        } catch (const std::exception&) {  // it was not allocating to it any more
        }
    }
};

}  // namespace
}  // namespace mirrorme

extern "C" __attribute__((visibility("default"))) const mirrorme::DeviceLibrary* mirrorme_device_library() {
    static mirrorme::CudaRuntime runtime;
    static const mirrorme::DeviceLibrary library{.version = mirrorme::kDeviceLibraryVersion, .torch_version = TORCH_VERSION, .runtime = &runtime};
    return &library;
}
