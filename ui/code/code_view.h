// SPDX-License-Identifier: Apache-2.0
// A file, read-only: line numbers, syntax colours, cited lines marked in the text and in the margin.
#pragma once

#include <QPlainTextEdit>
#include <memory>

namespace KSyntaxHighlighting {
class Repository;
class SyntaxHighlighter;
}  // namespace KSyntaxHighlighting

namespace strata::ui {

class CodeView : public QPlainTextEdit {
  Q_OBJECT
 public:
  // `syntax` outlives the view.
  CodeView(KSyntaxHighlighting::Repository& syntax, QWidget* parent = nullptr);
  ~CodeView() override;

  void showFile(const QString& path, const QString& text);
  // The same file, changed on disk: stays where the reader is.
  void replaceText(const QString& text);
  const QString& path() const { return path_; }
  // Scrolls to the lines (1-based, inclusive) and marks them. Lines outside the file are brought into it.
  void showLines(int first, int last);
  int firstMarkedLine() const { return first_marked_; }
  int lastMarkedLine() const { return last_marked_; }
  // Selects the next place from the cursor on, around the end if need be. False: nowhere.
  bool findText(const QString& text, bool backwards);

  int marginWidth() const;
  void paintMargin(QPaintEvent* event);

 protected:
  void changeEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void followLook();  // after the colours changed
  void markLines();

  KSyntaxHighlighting::Repository& syntax_;
  KSyntaxHighlighting::SyntaxHighlighter* highlighter_;  // owned by the document
  QWidget* margin_;
  QString path_;
  int first_marked_ = 0, last_marked_ = 0;
};

}  // namespace strata::ui
