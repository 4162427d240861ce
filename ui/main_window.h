// SPDX-License-Identifier: Apache-2.0
// The window: repository left, code and review in the middle, conversation right, reading and machine below. It only
// wires: what the user wants goes to the controllers, what they report goes to the views. What has to do with changes
// is in ChangeFlow.
#pragma once

#include <QMainWindow>

#include "ui/engine_controller.h"

class QLabel;
class QStackedWidget;

namespace strata::ui {

class AgentController;
class ChangeFlow;
class CodeTabs;
class ConversationView;
class ElidedLabel;
class MessageStrip;
class ReadingBar;
class RepositoryModel;
class RepositoryView;
class ReviewController;
class StartPage;

class MainWindow : public QMainWindow {
  Q_OBJECT
 public:
  // All outlive the window.
  MainWindow(EngineController* engine, AgentController* agent, ReviewController* review, QWidget* parent = nullptr);

  void openRepository(const QString& folder);
  CodeTabs* code() const { return code_; }

 signals:
  void lookChanged();  // the user chose other colours

 protected:
  void closeEvent(QCloseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void makeDocks(QWidget* middle);
  void makeMenus();
  void makeStatusBar();
  void connectEngine();
  void chooseFolder();
  void showRepository(const OpenedRepository& repository);
  void describeRepository(const OpenedRepository& repository);
  void repositoryFailed(const QString& message);
  void clearConversation();
  void quickOpen();
  void showMemory();

  EngineController* engine_;
  RepositoryModel* files_;
  RepositoryView* repository_;
  CodeTabs* code_;
  ConversationView* conversation_;
  ReadingBar* reading_;
  MessageStrip* message_;
  StartPage* start_;
  QStackedWidget* centre_;
  QDockWidget* repository_dock_;
  QDockWidget* conversation_dock_;
  ElidedLabel* model_;
  QLabel* memory_;
  ChangeFlow* changes_;
};

}  // namespace strata::ui
