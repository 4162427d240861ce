// SPDX-License-Identifier: Apache-2.0
// One hunk: where it stands, its lines, what the user decides about it. A card is made of widgets only when it comes
// into view (build()), so that a review of a thousand hunks opens at once; until then it keeps the room.
#pragma once

#include <QFrame>
#include <QPointer>

#include "ui/look.h"
#include "ui/review/review.h"

class QLabel;
class QPlainTextEdit;
class QToolButton;
class QVBoxLayout;

namespace strata::ui {

class CodeHighlighter;
class DiffColours;
class DiffText;

class HunkCard : public QFrame {
  Q_OBJECT
 public:
  // Of a hunk of `review`; all outlive the card.
  HunkCard(const Review& review, const agent::Hunk& hunk, DiffColours& colours, QWidget* parent = nullptr);

  int number() const { return hunk_.number; }
  const agent::Hunk& hunk() const { return hunk_; }
  void build();
  void refresh();  // the hunk or what is applied has changed
  void setCurrent(bool current);
  void edit();     // in place
  void comment();  // in place

 signals:
  void decided(int number, strata::agent::HunkState state);
  void edited(int number, const QString& text);
  void commented(int number, const QString& text);
  void undoRequested(int number);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  QToolButton* addButton(const QString& icon, QColor Colours::* colour, const QString& text, const QString& tip,
                         const char* name);
  QString place() const;
  QString stateName() const;
  QPlainTextEdit* openEditor(const char* name, const QFont& font, const QString& text, const QString& hint);
  void closeEditor();
  void keepEditor();

  const Review& review_;
  const agent::Hunk& hunk_;
  DiffColours& colours_;
  QVBoxLayout* layout_;
  QLabel* state_ = nullptr;
  QToolButton *accept_ = nullptr, *reject_ = nullptr, *edit_ = nullptr, *comment_ = nullptr, *undo_ = nullptr;
  DiffText* diff_ = nullptr;
  QLabel* said_ = nullptr;                 // the comment
  QPlainTextEdit* editor_ = nullptr;       // while the user writes
  QPointer<CodeHighlighter> highlighter_;  // of it, where it holds code
  QWidget* editor_box_ = nullptr;          // with its buttons
};

}  // namespace strata::ui
