// SPDX-License-Identifier: Apache-2.0
#include "ui/code/code_colours.h"

#include <KSyntaxHighlighting/AbstractHighlighter>
#include <KSyntaxHighlighting/Format>
#include <KSyntaxHighlighting/Repository>
#include <KSyntaxHighlighting/State>
#include <QHash>

#include "ui/look.h"

namespace strata::ui {
namespace {

class LineColours : public KSyntaxHighlighting::AbstractHighlighter {
 public:
  std::vector<QList<QTextLayout::FormatRange>> of(const QString& text) {
    std::vector<QList<QTextLayout::FormatRange>> lines;
    KSyntaxHighlighting::State state;
    for (const QStringView line : QStringView(text).split(u'\n')) {
      line_.clear();
      state = highlightLine(line, state);
      lines.push_back(line_);
    }
    return lines;
  }

 protected:
  void applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format) override {
    if (length == 0 || format.isDefaultTextStyle(theme())) return;
    auto known = formats_.find(format.id());
    if (known == formats_.end()) {
      QTextCharFormat chars;
      if (format.hasTextColor(theme())) chars.setForeground(readable(format.textColor(theme())));
      if (format.isBold(theme())) chars.setFontWeight(QFont::Bold);
      if (format.isItalic(theme())) chars.setFontItalic(true);
      known = formats_.insert(format.id(), chars);
    }
    line_.append({offset, length, *known});
  }

 private:
  QList<QTextLayout::FormatRange> line_;
  QHash<int, QTextCharFormat> formats_;
};

}  // namespace

// Calmer than the default themes on our backgrounds; those only if these are not installed.
KSyntaxHighlighting::Theme codeTheme(const KSyntaxHighlighting::Repository& syntax) {
  const KSyntaxHighlighting::Theme theme =
      syntax.theme(isDark() ? QStringLiteral("GitHub Dark") : QStringLiteral("GitHub Light"));
  if (theme.isValid()) return theme;
  return syntax.defaultTheme(isDark() ? KSyntaxHighlighting::Repository::DarkTheme
                                      : KSyntaxHighlighting::Repository::LightTheme);
}

void CodeHighlighter::applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format) {
  SyntaxHighlighter::applyFormat(offset, length, format);
  if (length == 0) return;
  QTextCharFormat shown = QSyntaxHighlighter::format(offset);
  if (!shown.hasProperty(QTextFormat::ForegroundBrush)) return;
  shown.setForeground(readable(shown.foreground().color()));
  setFormat(offset, length, shown);
}

std::vector<QList<QTextLayout::FormatRange>> lineColours(const KSyntaxHighlighting::Definition& definition,
                                                         const KSyntaxHighlighting::Theme& theme, const QString& text) {
  LineColours colours;
  colours.setDefinition(definition);
  colours.setTheme(theme);
  return colours.of(text);
}

}  // namespace strata::ui
