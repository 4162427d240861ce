// SPDX-License-Identifier: Apache-2.0
// The lines of a hunk, read-only, as high as they are: line numbers of both sides and a sign in the margin, backgrounds
// for what is added and removed. Long lines are wrapped.
#pragma once

#include <QPlainTextEdit>
#include <vector>

#include "ui/review/diff_lines.h"

namespace strata::ui {

class DiffColours;

class DiffText : public QPlainTextEdit {
  Q_OBJECT
 public:
  // `colours` outlives it.
  DiffText(DiffColours& colours, QWidget* parent = nullptr);

  void setLines(std::vector<DiffLine> lines);

  int marginWidth() const;
  void paintMargin(QPaintEvent* event);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  void build();
  void fitHeight();
  int digits(int DiffLine::* number) const;

  DiffColours& colours_;
  std::vector<DiffLine> lines_;
  QWidget* margin_;
};

}  // namespace strata::ui
