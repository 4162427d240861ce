// SPDX-License-Identifier: Apache-2.0
// The open files as tabs, with a find line below. They follow the files on disk. Pages that are no files (the review)
// have tabs among them.
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

  void setRoot(const QString& root);  // closes all files
  // Opens the file, or raises its tab; marks the lines if first > 0 and takes the keyboard to them.
  void open(const QString& path, int first = 0, int last = 0);
  CodeView* current() const;
  void closeCurrent();
  // Raises the page's tab, or makes it. `page` is not deleted when its tab is closed.
  void showPage(QWidget* page, const QString& title, const QIcon& icon);
  void showFind();
  void askForLine();

 signals:
  void currentFileChanged(const QString& path);
  void failed(const QString& message);

 private:
  void close(QWidget* tab);
  void addCloseButton(QWidget* tab, const QString& what);
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
