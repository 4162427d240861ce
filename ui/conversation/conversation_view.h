// SPDX-License-Identifier: Apache-2.0
// The conversation about the open repository, and the line for the next question. Enter asks, Shift+Enter breaks the
// line.
#pragma once

#include <QPlainTextEdit>
#include <QWidget>
#include <vector>

#include "agent/conversation_store.h"

class QLabel;
class QScrollArea;
class QToolButton;
class QVBoxLayout;

namespace strata::ui {

class ExchangeView;

class ConversationView : public QWidget {
  Q_OBJECT
 public:
  explicit ConversationView(QWidget* parent = nullptr);

  void setReady(bool ready);  // is a repository open?
  void showConversation(const std::vector<agent::Exchange>& exchanges);
  void showPassages(const std::vector<agent::RankedPassage>& passages);
  void appendText(const QString& piece);
  void showAnswer(const agent::Answer& answer);
  void showFailure(const QString& message, bool cancelled);
  void focusQuestion();
  bool answering() const { return answering_; }
  int count() const;  // of exchanges

 signals:
  void asked(const QString& question);
  void cancelRequested();
  void placeClicked(const QString& path, int first, int last);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  ExchangeView* add(const QString& question);
  void submit();
  void orderFocus();
  void setAnswering(bool answering);

  QScrollArea* scroll_;
  QVBoxLayout* exchanges_;
  QLabel* empty_;
  QPlainTextEdit* question_;
  QToolButton* button_;  // asks, or cancels while answering
  ExchangeView* current_ = nullptr;
  bool ready_ = false, answering_ = false, follow_ = true;
};

}  // namespace strata::ui
