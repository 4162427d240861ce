// SPDX-License-Identifier: Apache-2.0
// Syntax colours that fit the look: a theme for light and dark, made readable on our backgrounds.
#pragma once

#include <KSyntaxHighlighting/Definition>
#include <KSyntaxHighlighting/SyntaxHighlighter>
#include <KSyntaxHighlighting/Theme>
#include <QTextLayout>
#include <vector>

namespace KSyntaxHighlighting {
class Repository;
}

namespace strata::ui {

KSyntaxHighlighting::Theme codeTheme(const KSyntaxHighlighting::Repository& syntax);

// For documents. The themes are made for backgrounds of their own; comments are often too pale on ours.
class CodeHighlighter : public KSyntaxHighlighting::SyntaxHighlighter {
 public:
  using SyntaxHighlighter::SyntaxHighlighter;

 protected:
  void applyFormat(int offset, int length, const KSyntaxHighlighting::Format& format) override;
};

// For lines that are shown elsewhere than in their file: the colours of each line of a text, as they are within it.
// Takes a second for two megabytes.
std::vector<QList<QTextLayout::FormatRange>> lineColours(const KSyntaxHighlighting::Definition& definition,
                                                         const KSyntaxHighlighting::Theme& theme, const QString& text);

}  // namespace strata::ui
