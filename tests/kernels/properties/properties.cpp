#include "kernels/properties/trial.h"

namespace mirrorme::testing {

const std::vector<Property>& properties() {
    static const std::vector<Property> all = {
        {"modulated norm", 24, check_modulated_norm},
        {"normed rope", 24, check_normed_rope},
        {"gated add", 16, check_gated_add},
        {"activate rows", 24, check_activate_rows},
        {"rows of e4m3", 24, check_rows_of_bytes},
        {"token operations refuse", 1, check_token_refusals},
        {"pixel norm", 24, check_pixel_norm},
        {"a stream of pixel norms", 8, check_stream_of_pixel_norms},
        {"depth to space", 24, check_depth_to_space},
        {"finish pixels", 16, check_finish_pixels},
        {"vae operations refuse", 1, check_vae_refusals},
        {"normal noise", 8, check_normal_noise},
    };
    return all;
}

}  // namespace mirrorme::testing
