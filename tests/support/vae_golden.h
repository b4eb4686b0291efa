#pragma once
// Golden rows of the public LTX autoencoders with the fill of golden_fill.h, recorded from the public classes in float32.

#include <catch2/catch_test_macros.hpp>

#include "codec/vae/ltx_vae.h"
#include "support/golden_fill.h"
#include "support/summary.h"

namespace mirrorme::golden {

enum class VaeResult { mean, log_variance, decode };

struct VaeRow {
    const char* name;
    VaeVersion version;
    VaeResult result;
    Summary expected;
};

struct VaeInputs {
    int height, width;
    std::vector<int64_t> latent;
};

inline void check_vae_row(const VaeRow& row, LtxVae& vae, const VaeInputs& inputs) {
    if (row.result == VaeResult::decode) {
        VaeDecodeContext context;
        if (vae->config().timestep_conditioning) context.timestep = torch::full({1}, 0.05);
        const torch::Tensor video = vae->decoder->forward(input("in.latent", inputs.latent), context);
        CHECK(video.size(2) == 9);
        check_summary(video, row.expected);
        return;
    }
    const VaePosterior posterior = vae->encoder->forward(input("in.video", {1, 3, 9, inputs.height, inputs.width}));
    check_summary(row.result == VaeResult::mean ? posterior.mean : posterior.log_variance, row.expected);
}

inline const VaeRow kSmallVaeRows[] = {
    {"0.9.0 mean", VaeVersion::v0_9_0, VaeResult::mean,
     {{-1.04830, -.72608, -.30082, -.79323, -.10417, -.50877}, {-.38016, -.24839, .53110}, -.3205, 75.3673}},
    {"0.9.1 mean", VaeVersion::v0_9_1, VaeResult::mean,
     {{-1.04830, -.72608, -.30082, -.79323, -.10417, -.50877}, {-.38016, -.24839, .53110}, -.3205, 75.3673}},
    {"0.9.1 log variance", VaeVersion::v0_9_1, VaeResult::log_variance,
     {{-.36375, .50943, -.28130, .20405, .72290, .47865}, {.26692, .70251, .41660}, 2.5348, 4.8279}},
    {"0.9.0 log variance", VaeVersion::v0_9_0, VaeResult::log_variance,
     {{-.36375, .50943, -.28130, .20405, .72290, .47865}, {.26692, .70251, .41660}, 2.5348, 4.8279}},
    {"0.9.0 decode", VaeVersion::v0_9_0, VaeResult::decode,
     {{.25204, .40699, .49333, -.32141, -.40124, .19476}, {.67137, .53628, .06395}, 1261.4495, 75948.9771}},
    {"0.9.1 decode", VaeVersion::v0_9_1, VaeResult::decode,
     {{.45836, .43762, .18437, .21000, -.25699, .53999}, {-.33042, .47231, -.75917}, 5061.8913, 86372.7489}},
    {"0.9.5 mean", VaeVersion::v0_9_5, VaeResult::mean,
     {{.23892, -.02747, .03288, .19935, .44469, -.43669}, {.63893, .89934, .33647}, 16.5364, 49.6691}},
    {"0.9.5 log variance", VaeVersion::v0_9_5, VaeResult::log_variance,
     {{-.43112, -.16338, -.33232, .42248, .00451, .89037}, {.36998, .17730, .84867}, .7037, 4.7229}},
    {"0.9.5 decode", VaeVersion::v0_9_5, VaeResult::decode,
     {{.25661, .18539, .73182, .40253, -.19998, .23589}, {-.07000, .13370, .09431}, 4898.4164, 83678.5876}},
};

inline const VaeRow kFullVaeRows[] = {
    {"0.9.0 mean, full size", VaeVersion::v0_9_0, VaeResult::mean,
     {{.14681, .26623, -.34686, -.26335, .19564, .14526}, {.02662, -.13638, .13898}, 21.0854, 337.4767}},
    {"0.9.1 mean, full size", VaeVersion::v0_9_1, VaeResult::mean,
     {{.14681, .26623, -.34686, -.26335, .19564, .14526}, {.02662, -.13638, .13898}, 21.0854, 337.4767}},
    {"0.9.0 decode, full size", VaeVersion::v0_9_0, VaeResult::decode,
     {{-.44305, -.20805, -.88416, .18097, -.11361, -.49608}, {.13771, .05367, -1.17254}, 1262.4856, 54171.8042}},
    {"0.9.1 decode, full size", VaeVersion::v0_9_1, VaeResult::decode,
     {{-.09133, .10338, -.40989, .26767, -.12177, .09246}, {.00993, -.29424, -.03132}, 11421.7051, 64505.7440}},
    {"0.9.5 mean, full size", VaeVersion::v0_9_5, VaeResult::mean,
     {{.34455, .21525, -.12604, -.01325, .39791, .24143}, {.58424, -.15760, -.10548}, -18.3391, 280.0099}},
    {"0.9.5 decode, full size", VaeVersion::v0_9_5, VaeResult::decode,
     {{-.55677, .51583, -.37296, .10493, -.09279, -.26612}, {-.23630, -.12211, -.38369}, 12168.0479, 64907.6126}},
};

}  // namespace mirrorme::golden
