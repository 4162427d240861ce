// SPDX-License-Identifier: Apache-2.0
// Where the user writes: a question, or a change to be made. Enter sends, Shift+Enter breaks the line. While one of the
// two is being worked on, its button stops it.
#pragma once

#include <QFrame>

class QPlainTextEdit;
class QToolButton;

namespace strata::ui {

class QuestionBox : public QFrame {
  Q_OBJECT
 public:
  enum class Mode { kAsk, kChange };
  explicit QuestionBox(QWidget* parent = nullptr);

  void setReady(bool ready);
  void setBusy(Mode mode, bool busy);
  bool busy(Mode mode) const { return busy_[static_cast<int>(mode)]; }
  Mode mode() const { return mode_; }
  void setMode(Mode mode);
  // What was sent comes back, unless something else has been written since.
  void giveBack(const QString& text);
  void focusText();
  QWidget* first() const;  // in the order of Tab
  void orderFocus();

 signals:
  void submitted(const QString& text, strata::ui::QuestionBox::Mode mode);
  void stopRequested(strata::ui::QuestionBox::Mode mode);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void submit();
  void refresh();

  QPlainTextEdit* text_;
  QToolButton* ask_;
  QToolButton* change_;
  QToolButton* button_;  // sends, or stops
  Mode mode_ = Mode::kAsk;
  bool ready_ = false, busy_[2] = {false, false};
};

}  // namespace strata::ui
