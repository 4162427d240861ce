// SPDX-License-Identifier: Apache-2.0
// Go to a file by a few letters of its path.
#pragma once

#include <QDialog>
#include <QStringList>

class QLineEdit;
class QListWidget;

namespace strata::ui {

class QuickOpen : public QDialog {
  Q_OBJECT
 public:
  QuickOpen(const QStringList& files, QWidget* parent);

 signals:
  void fileChosen(const QString& path);

 protected:
  bool eventFilter(QObject* object, QEvent* event) override;

 private:
  void filter();
  void choose();

  QStringList files_;
  QLineEdit* pattern_;
  QListWidget* list_;
};

}  // namespace strata::ui
