#include "published/wav2vec2_stage.h"

#include "core/error.h"
#include "features/audio_frontend.h"
#include "published/load_module.h"

namespace mirrorme {

TensorMap forward_wav2vec2(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options) {
    const std::string section = bundle.config_subject("audio");
    const AudioFrontEndConfig config = audio_frontend_config_from_json(bundle.config("audio"), section);
    if (config.backbone != BackboneKind::wav2vec2)
        throw Error(ErrorCode::unsupported, section + ".backbone", "is not 'wav2vec2'", "Give a bundle that 'mirrorme import --wav2vec2' made.");
    const Wav2Vec2Config& model = config.wav2vec2.model;
    const torch::Tensor sound = inputs.get("input_values", {-1, -1});
    if (sound.size(0) < 1 || sound.size(1) < model.receptive_field())
        inputs.wrong("input_values", "has " + std::to_string(sound.size(1)) + " samples", "Give at least " + std::to_string(model.receptive_field()) + ".");
    Wav2Vec2 wav2vec2 = load_module<Wav2Vec2>(bundle, "audio.wav2vec2.model.", options, {}, model);
    const Wav2Vec2States states = wav2vec2->forward(sound.to(options.device, options.type));
    TensorMap results{{"last_hidden_state", states.last}};
    for (std::size_t i = 0; i < states.hidden.size(); ++i) results["hidden_states." + std::to_string(i)] = states.hidden[i];
    return results;
}

}  // namespace mirrorme
