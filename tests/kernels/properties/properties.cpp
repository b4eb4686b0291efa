#include "kernels/properties/trial.h"

namespace mirrorme::testing {

const std::vector<Property>& properties() {
    static const std::vector<Property> all = {
        {"modulated norm", 48, check_modulated_norm},
        {"normed rope", 48, check_normed_rope},
        {"gated add", 32, check_gated_add},
        {"activate rows", 48, check_activate_rows},
        {"rows of e4m3", 48, check_rows_of_bytes},
        {"token operations refuse", 1, check_token_refusals},
        {"pixel norm", 48, check_pixel_norm},
        {"a stream of pixel norms", 16, check_stream_of_pixel_norms},
        {"depth to space", 48, check_depth_to_space},
        {"finish pixels", 32, check_finish_pixels},
        {"vae operations refuse", 1, check_vae_refusals},
        {"normal noise", 16, check_normal_noise},
    };
    return all;
}

}  // namespace mirrorme::testing
