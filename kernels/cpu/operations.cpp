#include "kernels/include/operations.h"

#include "kernels/cpu/cpu_operations.h"

namespace mirrorme::kernels {

const Operations& cpu_operations() noexcept {
    static constexpr Operations table{
        .name = "cpu",
        .flow_from_points = cpu::flow_from_points,
        .warp8 = cpu::warp8,
        .warp4 = cpu::warp4,
        .cover_polygon = cpu::cover_polygon,
        .cover_capsule = cpu::cover_capsule,
        .ridge_capsule = cpu::ridge_capsule,
        .paint_over = cpu::paint_over,
        .pack_cells = cpu::pack_cells,
        .finish_frame = cpu::finish_frame,
    };
    return table;
}

}  // namespace mirrorme::kernels
