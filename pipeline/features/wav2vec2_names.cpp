#include "features/wav2vec2_names.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "core/error.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::string_view kPrefix = "wav2vec2.";
constexpr std::string_view kPositions = "encoder.pos_conv_embed.conv.";
constexpr const char* kConfigRemedy = "Is config.json that of this file?";

struct WeightNorm {
    const char *length, *direction;
};
constexpr std::array<WeightNorm, 2> kWeightNorms{{{"weight_g", "weight_v"}, {"parametrizations.weight.original0", "parametrizations.weight.original1"}}};

/// In files without "wav2vec2." before the model's own tensors: what only training and other heads use.
constexpr std::string_view kPassedOver[] = {"masked_spec_embed", "lm_head.", "quantizer.", "project_hid.", "project_q.", "projector.", "classifier.", "layer_weights"};

std::string positions(std::string_view name) { return std::string(kPositions).append(name); }

std::string text_of(torch::IntArrayRef shape) {
    std::ostringstream out;
    out << shape;
    return out.str();
}

/// One file, seen through the model's names.
class PublishedFile {
public:
    explicit PublishedFile(const SafetensorsFile& file) : file_(file) {
        const auto prefixed = [](const TensorInfo& info) { return info.name.starts_with(kPrefix); };
        if (std::any_of(file.tensors().begin(), file.tensors().end(), prefixed)) prefix_ = kPrefix;
    }

    bool has(const std::string& name) const { return file_.find(prefix_ + name) != nullptr; }

    Tensor tensor(const TensorShape& wanted) const {
        const TensorInfo* info = file_.find(prefix_ + wanted.name);
        if (info == nullptr) refuse(wanted.name, "is missing", kConfigRemedy);
        if (info->shape != wanted.shape)
            refuse(wanted.name, "has shape " + text_of(info->shape) + ", config.json makes it " + text_of(wanted.shape), kConfigRemedy);
        if (!c10::isFloatingType(info->type)) refuse(wanted.name, "is no tensor of floating numbers");
        const Tensor tensor = file_.tensor(prefix_ + wanted.name);
        if (!all_finite(tensor)) throw Error(ErrorCode::unreadable, subject(wanted.name), "holds NaN or infinity", "Download the file again.");
        return tensor;
    }

    /// Names below the prefix that are in no list of ours.
    void refuse_unknown(const std::vector<std::string>& known) const {
        for (const TensorInfo& info : file_.tensors()) {
            if (!info.name.starts_with(prefix_)) continue;  // another head's
            const std::string name = info.name.substr(prefix_.size());
            const bool passed_over = std::any_of(std::begin(kPassedOver), std::end(kPassedOver), [&](std::string_view part) { return name.starts_with(part); });
            if (!passed_over && std::find(known.begin(), known.end(), name) == known.end()) refuse(name, "is unknown", kConfigRemedy);
        }
    }

    [[noreturn]] void refuse(const std::string& name, const std::string& problem, const std::string& remedy = {}) const {
        throw Error(ErrorCode::mismatch, subject(name), problem, remedy);
    }

private:
    std::string subject(const std::string& name) const { return file_.path().string() + " [" + prefix_ + name + "]"; }

    const SafetensorsFile& file_;
    std::string prefix_;
};

/// The positional convolution's weight [D, D / groups, K] (Note [Weight norm is folded]).
Tensor folded_positions(const PublishedFile& file, const TensorShape& weight, std::vector<std::string>& known) {
    if (file.has(weight.name)) return file.tensor(weight);
    for (const WeightNorm& names : kWeightNorms) {
        const TensorShape length{positions(names.length), {1, 1, weight.shape[2]}}, direction{positions(names.direction), weight.shape};
        if (!file.has(length.name) && !file.has(direction.name)) continue;
        known.insert(known.end(), {length.name, direction.name});
        const Tensor g = file.tensor(length).to(torch::kDouble), v = file.tensor(direction).to(torch::kDouble);
        return (g * v / v.square().sum(torch::IntArrayRef{0, 1}, /*keepdim=*/true).sqrt()).to(torch::kFloat);
    }
    file.refuse(weight.name, "is missing, and so are both spellings of it with weight norm (weight_g and weight_v, parametrizations.weight.original0 and original1)",
                kConfigRemedy);
}

}  // namespace

std::vector<TensorShape> wav2vec2_shapes(const Wav2Vec2Config& c) {
    std::vector<TensorShape> shapes;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape) { shapes.push_back({name, std::move(shape)}); };
    const auto add_linear = [&](const std::string& name, std::int64_t out, std::int64_t in) {
        add(name + ".weight", {out, in});
        add(name + ".bias", {out});
    };
    const auto add_norm = [&](const std::string& name, std::int64_t width) {
        add(name + ".weight", {width});
        add(name + ".bias", {width});
    };
    std::int64_t in = 1;
    for (std::size_t i = 0; i < c.conv_dim.size(); ++i) {
        const std::string layer = "feature_extractor.conv_layers." + std::to_string(i);
        add(layer + ".conv.weight", {c.conv_dim[i], in, c.conv_kernel[i]});
        if (c.conv_bias) add(layer + ".conv.bias", {c.conv_dim[i]});
        if (i == 0 || c.feat_extract_norm == ConvNorm::layer) add_norm(layer + ".layer_norm", c.conv_dim[i]);
        in = c.conv_dim[i];
    }
    const std::int64_t width = c.hidden_size;
    add_norm("feature_projection.layer_norm", in);
    add_linear("feature_projection.projection", width, in);
    add(positions("weight"), {width, width / c.num_conv_pos_embedding_groups, c.num_conv_pos_embeddings});
    add(positions("bias"), {width});
    add_norm("encoder.layer_norm", width);
    for (int i = 0; i < c.num_hidden_layers; ++i) {
        const std::string layer = "encoder.layers." + std::to_string(i);
        for (const char* name : {".attention.q_proj", ".attention.k_proj", ".attention.v_proj", ".attention.out_proj"}) add_linear(layer + name, width, width);
        add_norm(layer + ".layer_norm", width);
        add_linear(layer + ".feed_forward.intermediate_dense", c.intermediate_size, width);
        add_linear(layer + ".feed_forward.output_dense", width, c.intermediate_size);
        add_norm(layer + ".final_layer_norm", width);
    }
    return shapes;
}

std::vector<NamedTensor> read_wav2vec2(const SafetensorsFile& file, const Wav2Vec2Config& config) {
    const PublishedFile published(file);
    std::vector<NamedTensor> tensors;
    std::vector<std::string> known;
    for (const TensorShape& wanted : wav2vec2_shapes(config)) {
        known.push_back(wanted.name);
        const bool normed = wanted.name == positions("weight");
        tensors.push_back({wanted.name, normed ? folded_positions(published, wanted, known) : published.tensor(wanted)});
    }
    published.refuse_unknown(known);
    return tensors;
}

}  // namespace mirrorme
