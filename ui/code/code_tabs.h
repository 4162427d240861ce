// SPDX-License-Identifier: Apache-2.0
// The open files as tabs, with a find line below. They follow the files on disk.
#pragma once

#include <QWidget>
#include <memory>

class QFileSystemWatcher;
class QLabel;
class QLineEdit;
class QTabWidget;

namespace KSyntaxHighlighting {
class Repository;
}

namespace strata::ui {

class CodeView;

class CodeTabs : public QWidget {
  Q_OBJECT
 public:
  explicit CodeTabs(QWidget* parent = nullptr);
  ~CodeTabs() override;

  void setRoot(const QString& root);  // closes all tabs
  // Opens the file, or raises its tab; marks the lines if first > 0 and takes the keyboard to them.
  void open(const QString& path, int first = 0, int last = 0);
  CodeView* current() const;
  void closeCurrent();
  void showFind();
  void askForLine();

 signals:
  void currentFileChanged(const QString& path);
  void failed(const QString& message);

 private:
  void close(CodeView* view);
  void reload(const QString& file);  // absolute
  CodeView* viewAt(int tab) const;
  void findNext(bool backwards);

  std::unique_ptr<KSyntaxHighlighting::Repository> syntax_;
  QFileSystemWatcher* watcher_;
  QString root_;
  QLabel* empty_;
  QTabWidget* tabs_;
  QWidget* find_bar_;
  QLineEdit* find_;
  QLabel* find_result_;
};

}  // namespace strata::ui
