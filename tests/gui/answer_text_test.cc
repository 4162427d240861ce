// SPDX-License-Identifier: Apache-2.0
// What a model writes is data: no HTML, no images, no links but citations.
#include <QSignalSpy>
#include <QTest>
#include <QTextBlock>

#include "ui/conversation/answer_text.h"

using namespace strata;
using strata::ui::AnswerText;

class AnswerTextTest : public QObject {
  Q_OBJECT

 private slots:
  void htmlIsTextAndForeignLinksAreDead() {
    AnswerText text;
    text.setAnswer("<b>bold</b> [click](https://example.org) ![x](file:///etc/passwd)", {});
    QVERIFY(text.toPlainText().contains("<b>bold</b>"));
    QCOMPARE(anchors(text), QStringList());
  }

  void citationsBecomeLinksToTheirLines() {
    AnswerText text;
    const agent::Citation citation{"src/a b&c.c", 3, 9, "f", true};
    text.setAnswer("See src/a b&c.c:3-9.", {citation});
    QCOMPARE(anchors(text).size(), 1);
    QSignalSpy clicked(&text, &AnswerText::citationClicked);
    emit text.anchorClicked(QUrl(anchors(text).first()));
    QCOMPARE(clicked.size(), 1);
    QCOMPARE(clicked[0], QVariantList({"src/a b&c.c", 3, 9}));
    emit text.anchorClicked(QUrl("https://example.org"));
    QCOMPARE(clicked.size(), 1);
  }

  void hoveringALinkSaysWhatWasChecked() {
    AnswerText text;
    text.setAnswer("See a.c:3", {{"a.c", 3, 3, "f<int>", true}});
    QTextCursor cursor = text.document()->find("a.c");
    QVERIFY(cursor.charFormat().toolTip().contains("f&lt;int&gt;"));
    QVERIFY(cursor.charFormat().toolTip().contains("Verified"));
  }

  void theListOfPlacesIsLeftOutWhereButtonsShowIt_data() {
    QTest::addColumn<QString>("answer");
    QTest::addColumn<QString>("shown");
    QTest::newRow("places only") << "It is f.\n\nSee `a.c:1-9` (`f`), `b.c:2` (not verified)" << "It is f.";
    QTest::newRow("before a remark") << "It is f.\n\nSee `a.c:1-9`\n\n*Not found:* `g`"
                                     << "It is f.\n\n*Not found:* `g`";
    QTest::newRow("other words") << "See `a.c:1-9` for the rest." << "See `a.c:1-9` for the rest.";
    QTest::newRow("no citation") << "It is f.\n\nSee `c.c:1`" << "It is f.\n\nSee `c.c:1`";
  }
  void theListOfPlacesIsLeftOutWhereButtonsShowIt() {
    QFETCH(QString, answer);
    QTEST(ui::withoutPlaces(answer, {{"a.c", 1, 9, "f", true}, {"b.c", 2, 2, "", false}}), "shown");
  }

 private:
  static QStringList anchors(const AnswerText& text) {
    QStringList found;
    for (QTextBlock block = text.document()->begin(); block.isValid(); block = block.next())
      for (auto it = block.begin(); !it.atEnd(); ++it)
        if (it.fragment().charFormat().isAnchor()) found << it.fragment().charFormat().anchorHref();
    return found;
  }
};

QTEST_MAIN(AnswerTextTest)
#include "answer_text_test.moc"
