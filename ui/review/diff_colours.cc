// SPDX-License-Identifier: Apache-2.0
#include "ui/review/diff_colours.h"

#include <KSyntaxHighlighting/Repository>

#include "ui/code/code_colours.h"

namespace strata::ui {
namespace {

constexpr size_t kLargestColoured = 1 << 20;  // bytes

}  // namespace

DiffColours::Side DiffColours::made(const std::string& path, const agent::MaybeFile& content) const {
  if (!content || file_.binary || content->bytes.size() > kLargestColoured) return {};
  QString text = QString::fromStdString(content->bytes);
  text.replace(QStringLiteral("\r\n"), QStringLiteral("\n"));
  const auto definition = syntax_.definitionForFileName(QString::fromStdString(path));
  return {text.split(u'\n'), lineColours(definition, codeTheme(syntax_), text)};
}

QList<QTextLayout::FormatRange> DiffColours::of(const DiffLine& line) {
  const bool removed = line.kind == DiffLine::Kind::kRemoved;
  if (line.kind == DiffLine::Kind::kNote) return {};
  std::optional<Side>& side = removed ? before_ : after_;
  if (!side) side = removed ? made(file_.old_path, file_.before) : made(file_.path, file_.after);
  const int number = removed ? line.old_line : line.new_line;
  // What the user wrote instead is in neither side.
  if (number < 1 || number > side->lines.size() || side->lines[number - 1] != line.text) return {};
  return side->colours[static_cast<size_t>(number - 1)];
}

}  // namespace strata::ui
