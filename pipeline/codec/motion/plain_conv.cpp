#include "codec/motion/plain_conv.h"

namespace mirrorme {

torch::nn::Conv2d plain_conv(int in, int out, int kernel, int stride, int dilation) {
    torch::nn::Conv2d layer(torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(dilation * (kernel / 2)).dilation(dilation));
    torch::nn::init::kaiming_normal_(layer->weight, kLeak, torch::kFanIn, torch::kLeakyReLU);
    torch::nn::init::zeros_(layer->bias);
    return layer;
}

}  // namespace mirrorme
