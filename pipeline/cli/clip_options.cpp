#include "cli/clip_options.h"

#include "core/error.h"

namespace mirrorme::cli {

ClipCommandOptions::ClipCommandOptions(CLI::App& app) {
    constexpr const char* kGroup = "Clips made in one go (--mode clip)";
    app.add_option("--mode", mode_, "stream: chunk by chunk from what came before, as live. clip: in windows whose frames all see each other; for models that know it.")
        ->check(CLI::IsMember({"stream", "clip"}))
        ->capture_default_str()
        ->type_name("NAME");
    const auto of_clips = [&](const char* name, auto& value, const char* help) {
        CLI::Option* option = app.add_option(name, value, help)->group(kGroup);
        of_clips_.push_back(option);
        return option;
    };
    of_clips("--window", window_.latents, "Latent frames made together.")->check(CLI::Range(1, 256))->capture_default_str()->type_name("N");
    of_clips("--overlap", window_.overlap, "Of them, those of the window before.")->check(CLI::Range(0, 255))->capture_default_str()->type_name("N");
    of_clips("--sampler", sampler_, "euler or stochastic, instead of the bundle's.")->check(CLI::IsMember({"euler", "stochastic"}))->type_name("NAME");
    given_guidance_ = of_clips("--guidance", guidance_, "How far to steer away from what is made without voice and text (CFG); 1 = not at all. Without it the bundle's.")->check(CLI::Range(0.0, 100.0))->type_name("X");
    given_stg_ = of_clips("--stg", stg_, "How far to steer away from what perturbed blocks make; 0 = not at all. Without it the bundle's.")->check(CLI::Range(0.0, 100.0))->type_name("X");
    given_rescale_ = of_clips("--rescale", rescale_, "With --stg: how far its spread is taken back, 0 to 1.")->check(CLI::Range(0.0, 1.0))->type_name("X");
}

std::optional<ClipModeOptions> ClipCommandOptions::options() const {
    if (mode_ == "stream") {
        for (const CLI::Option* option : of_clips_)
            if (option->count() > 0) throw Error(ErrorCode::usage, option->get_name(), "is about clips made in one go", "Add --mode clip, or leave it out.");
        return {};
    }
    ClipModeOptions options{.window = window_, .sampler = {}, .guidance = {}, .stg = {}, .rescale = {}};
    if (!sampler_.empty()) options.sampler = sampler_ == "euler" ? SamplerKind::euler : SamplerKind::stochastic;
    if (given_guidance_->count() > 0) options.guidance = guidance_;
    if (given_stg_->count() > 0) options.stg = stg_;
    if (given_rescale_->count() > 0) options.rescale = rescale_;
    return options;
}

}  // namespace mirrorme::cli
