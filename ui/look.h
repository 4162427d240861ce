// SPDX-License-Identifier: Apache-2.0
// The window's colours, style sheet and icons, for a light and a dark system. One accent, quiet surfaces, and every
// state that has a colour also has a shape or a word.
#pragma once

#include <QApplication>
#include <QColor>
#include <QIcon>
#include <QString>

namespace strata::ui {

struct Colours {
  QColor window, base, raised, border, text, muted, accent, accent_text, selection;
  QColor good, warn, bad, cited, marked;            // cited: background of cited lines; marked: of selected code
  QColor added, removed, added_part, removed_part;  // backgrounds of lines in a diff, and of what changed in a line
};

enum class ColourScheme { kSystem, kLight, kDark };

// What the user chose in View > Colours, kept in the settings.
ColourScheme chosenScheme();
void chooseScheme(ColourScheme scheme);

bool isDark();
const Colours& colours();
// How far two colours stand apart, 1..21 (WCAG 2.2; text needs 4.5).
double contrast(const QColor& one, const QColor& other);
// `text`, moved towards the look's text colour until it can be read on plain, cited, added and removed lines.
QColor readable(const QColor& text);
// Palette, style and style sheet of the whole application after chosenScheme() and the system.
void applyLook(QApplication& application);

// The bundled icons lie in a static library, which the linker must be told to keep. Before any icon is made.
void loadIcons();
// A bundled 16x16 line icon ("folder"). Drawn when it is painted, so it follows a change of the look; sharp at every
// scale.
QIcon lineIcon(const QString& name, QColor Colours::* colour = &Colours::text);
QIcon applicationIcon();
QFont codeFont();
// The style of small secondary text.
QFont smallFont();

}  // namespace strata::ui
