#include "kernels/properties/trial.h"

namespace mirrorme::testing {

const std::vector<Property>& properties() {
    static const std::vector<Property> all = {
        {"modulated norm", 96, check_modulated_norm},
        {"normed rope", 96, check_normed_rope},
        {"gated add", 64, check_gated_add},
        {"activate rows", 96, check_activate_rows},
        {"rows of e4m3", 96, check_rows_of_bytes},
        {"token operations refuse", 1, check_token_refusals},
        {"pixel norm", 96, check_pixel_norm},
        {"a stream of pixel norms", 32, check_stream_of_pixel_norms},
        {"depth to space", 96, check_depth_to_space},
        {"finish pixels", 64, check_finish_pixels},
        {"vae operations refuse", 1, check_vae_refusals},
        {"normal noise", 32, check_normal_noise},
    };
    return all;
}

}  // namespace mirrorme::testing
