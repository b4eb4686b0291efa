#include "denoise/step_program.h"

#include <algorithm>

namespace mirrorme {

using torch::Tensor;

void StepTable::fill(DitModelImpl& model, const std::vector<double>& times) {
    const auto rows = static_cast<int64_t>(times.size()) + 1;
    std::vector<float> timesteps, numbers;
    for (int64_t row = 0; row < rows; ++row) {
        const double t = row + 1 < rows ? times[static_cast<std::size_t>(row)] : 0, next = next_time(times, t);
        timesteps.push_back(static_cast<float>(1000 * t));
        for (const double number : {t, t - next, next}) numbers.push_back(static_cast<float>(number));
    }
    const TimeRows made = model.time_rows(torch::tensor(timesteps).to(model.device()));
    if (!defined() || blocks.size(0) < rows) {
        constexpr int64_t kFewest = 16;  // room for other numbers of steps
        const int64_t room = std::max(kFewest, rows), width = model.config().width();
        blocks = torch::zeros({room, model.config().num_layers, 6, width}, made.modulation.options());
        modulation = torch::zeros({room, 6 * width}, made.modulation.options());
        embedded = torch::zeros({room, width}, made.embedded.options());
        factors = torch::zeros({room, 3}, made.modulation.options().dtype(torch::kFloat));
    }
    embedded.narrow(0, 0, rows).copy_(made.embedded);
    modulation.narrow(0, 0, rows).copy_(made.modulation);
    factors.narrow(0, 0, rows).copy_(torch::tensor(numbers).view({rows, 3}));
    const DitTimes all = model.times_from({made.embedded.unsqueeze(0), made.modulation.unsqueeze(0)}, {}, rows);
    for (std::size_t i = 0; i < all.blocks.size(); ++i) blocks.narrow(0, 0, rows).select(1, static_cast<int64_t>(i)).copy_(all.blocks[i][0]);
}

/// Everything one call touches; owns it (Note [What may stand in captured work]).
struct StepProgram::Call {
    DitModel model{nullptr};
    StepTable table;
    DitRun run;  // but its times
    TextContext text;
    AudioContext audio;
    std::vector<AttentionWorkspace> workspaces;
    Tensor x, fresh, index, pose, style, used;
    LatentGrid grid;
    SamplerKind kind = SamplerKind::euler;

    DitTimes times() const {
        const Tensor e = table.embedded.index_select(0, index).unsqueeze(0);  // [1, 1, D]
        if (style.defined()) return DitModel(model)->times_from({e, table.modulation.index_select(0, index).unsqueeze(0)}, style, style.size(1));
        DitTimes times{.blocks = {}, .embedded = e};
        for (const Tensor& block : table.blocks.index_select(0, index).unbind(1)) times.blocks.push_back(block.unsqueeze(1));  // [1, 1, 6, D]
        return times;
    }

    void operator()(bool update) const {
        DitModel network(model);
        DitRun all = run;
        all.times = times();
        std::vector<AttentionWorkspace> memory = workspaces;
        all.text = &text, all.audio = &audio, all.workspace = &memory;
        const Tensor h = network->run(network->embed_frames(x, pose), all);
        if (!update) return;
        Tensor v = tokens_to_latents(network->head(h, all.times.embedded), grid).to(torch::kFloat);
        const std::vector<Tensor> factor = table.factors.index_select(0, index).view({3, 1, 1, 1, 1, 1}).unbind(0);  // t, t - next, next
        if (used.defined()) v = torch::where(used, v, x / factor[0]);
        Tensor latents = x;
        if (kind == SamplerKind::euler) latents.sub_(v * factor[1]);
        else latents.copy_((x - v * factor[0]) * (1 - factor[2]) + fresh * factor[2]);
    }
};

StepProgram::StepProgram(DitModel model, const StreamShape& shape, int64_t frames)
    : model_(std::move(model)), grid_(shape.grid), work_("the transformer's step", model_->device()) {
    const DitConfig& config = model_->config();
    const auto floats = torch::TensorOptions().device(model_->device()).dtype(torch::kFloat);
    x_ = torch::zeros({shape.batch, config.in_channels, frames, grid_.h, grid_.w}, floats);
    fresh_ = torch::zeros_like(x_);
    index_ = torch::zeros({1}, floats.dtype(torch::kLong));
    keep_k_ = torch::zeros({config.num_layers, shape.batch, frames * grid_.tokens(), config.width()}, floats.dtype(model_->type()));
}

/// `value` in memory that stays; undefined stays undefined.
Tensor StepProgram::fixed(Tensor& memory, const Tensor& value) {
    if (!value.defined()) return {};
    if (!memory.defined() || memory.sizes() != value.sizes()) memory = torch::empty(value.sizes(), value.options());
    memory.copy_(value);
    return memory;
}

void StepProgram::begin(const Told& told, ContextCache& cache, const StepTable& table, SamplerKind kind) {
    auto call = std::make_shared<Call>();
    call->model = model_;
    call->table = table;
    call->x = x_, call->fresh = fresh_, call->index = index_, call->grid = grid_, call->kind = kind;
    call->pose = fixed(pose_, told.pose);
    call->style = fixed(style_, told.style);
    cache.audio().gate = fixed(gate_, told.gate);
    call->used = cache.shape().used;
    call->text = cache.text();
    call->audio = cache.audio();
    call->workspaces = cache.workspaces();
    call->run.rope = cache.rope();
    call->run.keep_k = keep_k_;
    // What else differs between chunks of one length: how much is seen and heard, and where the values lie that the stream may replace.
    const auto place = [](const Tensor& t) { return t.defined() ? reinterpret_cast<std::int64_t>(t.const_data_ptr()) : 0; };
    key_ = {call->workspaces.front().context, call->audio.defined() ? call->audio.blocks.front().k.size(1) : 0, static_cast<std::int64_t>(kind),
            place(call->pose), place(call->style), place(call->audio.gate), place(table.blocks), place(call->run.rope.cos)};
    call_ = std::move(call);
}

void StepProgram::step(int64_t row) { call(row, true); }
void StepProgram::look(int64_t row) { call(row, false); }

void StepProgram::call(int64_t row, bool update) {
    TORCH_CHECK(call_ != nullptr, "a chunk has not begun");
    index_.fill_(row);
    WorkKey key = key_;
    key.push_back(update);
    work_.run(key, [call = call_, update] { (*call)(update); });
}

}  // namespace mirrorme
