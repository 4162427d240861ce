// SPDX-License-Identifier: Apache-2.0
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

#include "ui/repository/repository_model.h"

using namespace strata;
using strata::ui::RepositoryModel;

class RepositoryModelTest : public QObject {
  Q_OBJECT

 private slots:
  void foldersComeFirstAndNest() {
    RepositoryModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.setFiles({"b.c", "a/x/deep.c", "a/y.c", "A.c"});
    QStringList top;
    for (int row = 0; row < model.rowCount(); ++row) top << model.index(row, 0).data().toString();
    QCOMPARE(top, QStringList({"a", "A.c", "b.c"}));
    QCOMPARE(model.indexOf(QString("a/x/deep.c")).parent().data().toString(), "x");
  }

  void aStateChangeTouchesItsRowAndItsFoldersOnly() {
    RepositoryModel model;
    model.setFiles({"a/one.c", "a/two.c", "b.c"});
    QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
    QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
    model.setState("a/one.c", agent::FileState::kReading);
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed[0][0].value<QModelIndex>(), model.indexOf(QString("a/one.c")));
    model.setState("a/one.c", agent::FileState::kRead);
    QCOMPARE(changed.size(), 3);  // the file again, and its folder's share
    QCOMPARE(model.index(0, 0).data(RepositoryModel::kReadFractionRole).toDouble(), 0.5);
    model.setState("not/there.c", agent::FileState::kRead);
    QCOMPARE(changed.size(), 3);
    QCOMPARE(reset.size(), 0);
  }
};

QTEST_GUILESS_MAIN(RepositoryModelTest)
#include "repository_model_test.moc"
