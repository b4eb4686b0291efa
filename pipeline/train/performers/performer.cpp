#include "train/performers/performer.h"

#include "train/performers/character.h"

namespace mirrorme {

using namespace performers;

struct Performer::Look : Character {
    using Character::Character;
};

Performer::Performer(std::uint64_t seed) : Performer(seed, style_of_seed(seed)) {}
Performer::Performer(std::uint64_t seed, DrawingStyle style) : look_(std::make_unique<Look>(make_look(seed, style))) {}
Performer::~Performer() = default;
Performer::Performer(Performer&&) noexcept = default;
Performer& Performer::operator=(Performer&&) noexcept = default;

DrawingStyle Performer::style() const noexcept { return look_->look().style; }

std::string Performer::describe() const {
    const CharacterLook& l = look_->look();
    return std::string(name_of(l.style)) + " #" + std::to_string(l.seed) + ", " + name_of(l.hair.kind) + ", " + name_of(l.clothes.kind);
}

RgbaImage Performer::draw(const PerformerPose& pose, const View& view, Backdrop backdrop) const { return look_->draw(pose, view, backdrop); }

KeyPointFrame Performer::key_points(const PerformerPose& pose, const View& view) const { return look_->key_points(pose, view); }

}  // namespace mirrorme
