#include "engine/device_thread.h"

#include <torch/torch.h>

namespace mirrorme {

void prepare_device_thread() {
    at::set_num_threads(1);
    at::globalContext().setFlushDenormal(true);
}

}  // namespace mirrorme
