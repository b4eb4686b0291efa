#pragma once
// The panel's words: keys of ui/locale/*.ini in the language OBS runs in. Qt thread.

#include <QLabel>
#include <QString>

#include "ui/model/phrase.h"

namespace mirrorme::ui {

QString text_of(const char* key);
QString said(const Phrase& phrase);
/// The phrases one after another, "a, b, c".
QString said(const std::vector<Phrase>& phrases);

/// Colours a label as OBS's theme colours what is good, doubtful or wrong. The label must say the same in words.
void set_tone(QLabel& label, Tone tone);

}  // namespace mirrorme::ui
