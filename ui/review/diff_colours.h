// SPDX-License-Identifier: Apache-2.0
// Syntax colours for the lines of a file's diff: worked out over the whole of both sides, so that a hunk within a
// comment looks like one, and only when a hunk of the file is looked at.
#pragma once

#include <QTextLayout>
#include <optional>
#include <vector>

#include "ui/review/diff_lines.h"

namespace KSyntaxHighlighting {
class Repository;
}

namespace strata::ui {

class DiffColours {
 public:
  // Both outlive it.
  DiffColours(const KSyntaxHighlighting::Repository& syntax, const agent::ProposalFile& file)
      : syntax_(syntax), file_(file) {}

  QList<QTextLayout::FormatRange> of(const DiffLine& line);
  void forget() { before_.reset(), after_.reset(); }  // the look changed
  const KSyntaxHighlighting::Repository& syntax() const { return syntax_; }
  const agent::ProposalFile& file() const { return file_; }

 private:
  struct Side {
    QStringList lines;
    std::vector<QList<QTextLayout::FormatRange>> colours;
  };
  Side made(const std::string& path, const agent::MaybeFile& content) const;

  const KSyntaxHighlighting::Repository& syntax_;
  const agent::ProposalFile& file_;
  std::optional<Side> before_, after_;
};

}  // namespace strata::ui
