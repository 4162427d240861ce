// SPDX-License-Identifier: Apache-2.0
// A question of the agent, where it came up: what it is about, why it is asked, and the answers. Never in the way of
// anything else.
#pragma once

#include <QFrame>

class QHBoxLayout;
class QPushButton;
class QVBoxLayout;

namespace strata::ui {

class QuestionCard : public QFrame {
  Q_OBJECT
 public:
  QuestionCard(const QString& title, const QString& about, QWidget* parent);

 protected:
  // Below each other, in the order of the calls.
  void addText(const QString& text, const char* property = nullptr);  // of the style sheet
  void addNote(const QString& text);
  void add(QWidget* widget);
  // Beside each other at the bottom. What does nothing comes first, so that it is what Enter does by mistake.
  QPushButton* addAnswer(const QString& text, const char* name);

 private:
  QVBoxLayout* rows_;
  QHBoxLayout* answers_;
};

}  // namespace strata::ui
