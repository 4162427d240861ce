// SPDX-License-Identifier: Apache-2.0
#include "ui/agent/run_steps.h"

#include <QCoreApplication>
#include <QRegularExpression>
#include <nlohmann/json.hpp>

namespace strata::ui {
namespace {

using json = nlohmann::ordered_json;
using Kind = RunStep::Kind;

QString tr(const char* text) { return QCoreApplication::translate("RunSteps", text); }

QString textOf(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? QString::fromStdString(found->get<std::string>()) : QString();
}

QString firstLine(const QString& text) { return text.section(u'\n', 0, 0).trimmed(); }

// What a call does, in words; anything unknown is its name and the values of its arguments.
QString callText(const QString& tool, const json& arguments) {
  const auto a = [&](const char* name) { return textOf(arguments, name); };
  if (tool == QStringLiteral("rename")) return tr("Rename %1 to %2").arg(a("symbol"), a("new_name"));
  if (tool == QStringLiteral("add_parameter")) return tr("Add %1 to %2").arg(a("parameter"), a("symbol"));
  if (tool == QStringLiteral("edit") && !a("path").isEmpty())
    return (tr("Edit %1").arg(a("path")) + u' ' + a("symbol")).trimmed();
  if (tool == QStringLiteral("create")) return tr("Create %1").arg(a("path"));
  if (tool == QStringLiteral("run")) return tr("Run %1").arg(firstLine(a("command")));
  if (tool == QStringLiteral("check")) return tr("Run the check");
  QStringList values;
  if (arguments.is_object())
    for (const auto& [name, value] : arguments.items())
      values << (value.is_string() ? firstLine(QString::fromStdString(value.get<std::string>()))
                                   : QString::fromStdString(value.dump()));
  QString name = tool;
  name.replace(u'_', u' ');
  if (!name.isEmpty()) name[0] = name[0].toUpper();
  return (name + u' ' + values.join(u' ')).trimmed();
}

RunStep step(Kind kind, const QString& text, const QString& detail = {}, bool good = true) {
  return {kind, {}, firstLine(text), detail.isEmpty() ? text.trimmed() : detail, good, {}};
}

QString checkText(const json& e) {
  const QString command = textOf(e, "command");
  if (e.value("good", false)) return tr("The check passes: %1").arg(command);
  const size_t failed = e.contains("failed") && e["failed"].is_array() ? e["failed"].size() : 0;
  return failed > 0 ? tr("The check fails, %1 failing tests: %2").arg(failed).arg(command)
                    : tr("The check fails: %1").arg(command);
}

}  // namespace

std::vector<RunStep> stepsOf(const agent::RunEvent& event) {
  const json e = json::parse(event.json, nullptr, false);
  if (!e.is_object()) return {};
  std::vector<RunStep> steps;
  if (event.kind == "plan") {
    QStringList lines;
    for (const json& line : e.value("steps", json::array()))
      if (line.is_string()) lines << firstLine(QString::fromStdString(line.get<std::string>()));
    steps.push_back({Kind::kPlan, {}, tr("Plan"), lines.join(u'\n'), true, {}});
  } else if (event.kind == "turn") {
    if (const QString text = textOf(e, "text"); !text.trimmed().isEmpty()) steps.push_back(step(Kind::kRemark, text));
    for (const json& call : e.value("calls", json::array())) {
      if (!call.is_object() || textOf(call, "name") == QStringLiteral("done")) continue;
      steps.push_back(step(Kind::kCall, callText(textOf(call, "name"), call.value("arguments", json::object()))));
      steps.back().id = textOf(call, "id");
    }
  } else if (event.kind == "result") {
    if (e.value("final", false)) return {};  // the end says it
    steps.push_back(step(Kind::kResult, textOf(e, "text"), {}, e.value("good", false)));
    steps.back().id = textOf(e, "call");
  } else if (event.kind == "attempt") {
    const bool kept = e.value("kept", false);
    const QString name = textOf(e, "name");
    const QString text = kept ? tr("%1 rewritten and kept").arg(name) : tr("%1 rewritten and put back").arg(name);
    steps.push_back(step(Kind::kRemark, text, textOf(e, "why"), kept));
  } else if (event.kind == "check") {
    steps.push_back(step(Kind::kCheck, checkText(e), textOf(e, "output"), e.value("good", false)));
    steps.back().command = textOf(e, "command");
  } else if (event.kind == "message") {
    const bool user = textOf(e, "by") == QStringLiteral("user");
    steps.push_back(step(Kind::kRemark, user ? tr("You: %1").arg(textOf(e, "text")) : textOf(e, "text")));
  } else if (event.kind == "approval") {
    const bool allowed = e.value("allowed", false);
    const QString what = textOf(e, "command").isEmpty() ? textOf(e, "tool") : textOf(e, "command");
    steps.push_back(
        step(Kind::kRemark, (allowed ? tr("You allowed: %1") : tr("Not allowed: %1")).arg(what), {}, allowed));
  } else if (event.kind == "end") {
    steps.push_back(step(Kind::kEnd, textOf(e, "why"), {}, textOf(e, "status") == QStringLiteral("done")));
  }
  return steps;
}

// The results say it as agent/edits/change.h describes a change: "  path:line  text  (why)" below a heading.
std::vector<LeftAlone> leftAlone(const std::vector<agent::RunEvent>& events) {
  static const QRegularExpression place(QStringLiteral("^  (.+?):(\\d+)  (.*)  \\((.*)\\)$"));
  std::vector<LeftAlone> places;
  for (const agent::RunEvent& event : events) {
    if (event.kind != "result") continue;
    const json e = json::parse(event.json, nullptr, false);
    if (!e.is_object()) continue;
    bool listed = false, mention = false;
    for (const QString& line : textOf(e, "text").split(u'\n')) {
      if (!line.startsWith(u' ')) {
        mention = line.startsWith(QStringLiteral("Mentioned in "));
        listed = mention || line.startsWith(QStringLiteral("Not changed, look at these"));
      } else if (const auto match = place.match(line); listed && match.hasMatch()) {
        places.push_back(
            {match.captured(1), match.captured(2).toInt(), match.captured(3).trimmed(), match.captured(4), mention});
      }
    }
  }
  return places;
}

}  // namespace strata::ui
