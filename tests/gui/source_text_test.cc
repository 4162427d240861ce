// SPDX-License-Identifier: Apache-2.0
// Files as they are shown: whatever is in them, line N is the line N that the index means.
#include <QFile>
#include <QPlainTextEdit>
#include <QSettings>
#include <QStandardPaths>
#include <QTemporaryDir>
#include <QTest>
#include <QTextBlock>

#include "ui/code/source_text.h"
#include "ui/look.h"

using namespace strata::ui;

class SourceTextTest : public QObject {
  Q_OBJECT

 private slots:
  void onlyLineFeedsEndLines_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("unix") << QByteArray("one\ntwo\nthree");
    QTest::newRow("windows") << QByteArray("one\r\ntwo\r\nthree");
    QTest::newRow("a carriage return within a line") << QByteArray("o\rne\ntwo\nthree");
    QTest::newRow("a paragraph separator") << QByteArray("o\xe2\x80\xa9ne\ntwo\nthree");
    QTest::newRow("frames of Qt") << QByteArray("o\xef\xb7\x90ne\ntw\xef\xb7\x91o\nthree");
    QTest::newRow("a zero byte") << QByteArray("o\0ne\ntwo\nthree", 14);
    QTest::newRow("not UTF-8") << QByteArray("\xff\xfe\xe4ne\ntwo\nthree");
    QTest::newRow("a very long line") << "one " + QByteArray(1'000'000, 'x') + "\ntwo\nthree";
  }
  void onlyLineFeedsEndLines() {
    QFETCH(QByteArray, bytes);
    QTemporaryDir folder;
    QFile file(folder.filePath("f"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    const auto text = readSource(folder.path(), "f");
    QVERIFY(text.has_value());
    QPlainTextEdit shown(*text);
    QCOMPARE(shown.blockCount(), 3);
    QVERIFY(shown.document()->findBlockByNumber(0).length() < 10'100);
    QCOMPARE(shown.document()->findBlockByNumber(2).text(), "three");
  }

  void everyColourCanBeReadOnPlainAndOnCitedLines() {
    QStandardPaths::setTestModeEnabled(true);
    QTemporaryDir settings;
    QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, settings.path());
    QCOMPARE(qRound(contrast(Qt::black, Qt::white)), 21);
    for (const ColourScheme scheme : {ColourScheme::kLight, ColourScheme::kDark}) {
      chooseScheme(scheme);
      for (const char* name : {"#6a737d", "#d73a49", "#e36209", "#ffffff", "#000000", "#808080"}) {
        const QColor shown = readable(QColor(name));
        QVERIFY2(contrast(shown, colours().base) >= 4.5, name);
        QVERIFY2(contrast(shown, colours().cited) >= 4.5, name);
      }
    }
  }

  void onlyFilesOfTheRepository() {
    QTemporaryDir folder;
    QVERIFY(QFile::link("/etc/passwd", folder.filePath("link")));
    for (const char* path : {"link", "../../../etc/passwd", "missing", "."})
      QVERIFY2(!readSource(folder.path(), path), path);
  }
};

QTEST_MAIN(SourceTextTest)
#include "source_text_test.moc"
