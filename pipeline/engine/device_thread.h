#pragma once
// What must hold on the thread that calls torch.

namespace mirrorme {

/// For Worker's on_start. One compute thread: a streaming PC has other work for its cores, the results do not depend on how
/// many there are, and the real-time figures hold. Denormals are flushed: decaying silence would else run many times slower.
void prepare_device_thread();

}  // namespace mirrorme
