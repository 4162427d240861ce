// SPDX-License-Identifier: Apache-2.0
// An answer's Markdown. What a model or a repository wrote is data: HTML is off, nothing is loaded from anywhere, and
// the only links that do something are citations of files.
#pragma once

#include <QTextBrowser>
#include <QTimer>
#include <vector>

#include "agent/ask.h"

namespace strata::ui {

class AnswerText : public QTextBrowser {
  Q_OBJECT
 public:
  explicit AnswerText(QWidget* parent = nullptr);

  void append(const QString& piece);  // streamed
  void setAnswer(const QString& markdown, const std::vector<agent::Citation>& citations);
  const QString& markdown() const { return markdown_; }
  void render();

 signals:
  void citationClicked(const QString& path, int first, int last);

 protected:
  QVariant loadResource(int type, const QUrl& name) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  void fitHeight();

  QString markdown_;
  std::vector<agent::Citation> citations_;
  QTimer render_soon_;  // a model may send pieces faster than a document is laid out
};

// "src/a.c:10-20", or "src/a.c:10" for one line.
QString citationText(const agent::Citation& citation);
// The place, what stands there, and what its check says.
QString describe(const agent::Citation& citation);
// Without the paragraph that only lists places, for where the citations have buttons of their own.
QString withoutPlaces(const QString& markdown, const std::vector<agent::Citation>& citations);

}  // namespace strata::ui
