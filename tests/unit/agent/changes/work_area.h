// SPDX-License-Identifier: Apache-2.0
// A user's tree in `tree/` and Strata's data beside it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "agent/changes/journal.h"
#include "agent/changes/tree_files.h"
#include "tests/unit/agent/temporary_folder.h"

namespace strata::agent {

class WorkArea : public TemporaryFolder {
 public:
  WorkArea() { std::filesystem::create_directories(tree); }

  // git with a fixed identity and nobody's configuration.
  void git(const std::string& arguments) const {
    const std::string command = "cd '" + tree.string() +
                                "' && HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 git -c user.name=t -c user.email=t@t "
                                "-c init.defaultBranch=main " +
                                arguments + " >/dev/null 2>&1";
    ASSERT_EQ(std::system(command.c_str()), 0) << arguments;
  }
  RunDatabase runs() const {
    auto database = RunDatabase::open(path / "data/runs.sqlite");
    if (!database) {
      ADD_FAILURE() << database.error().message;
      std::abort();
    }
    return std::move(*database);
  }
  Journal journal(RunDatabase& database) const {
    auto journal = Journal::open(database, tree);
    if (!journal) {
      ADD_FAILURE() << journal.error().message;
      std::abort();
    }
    return std::move(*journal);
  }
  MaybeFile at(const std::string& name) const {
    auto files = TreeFiles::open(tree);
    auto file = files->read(name);
    EXPECT_TRUE(file) << file.error().message;
    return file ? *file : MaybeFile{};
  }
  void put(const std::string& name, const MaybeFile& file) const {
    auto files = TreeFiles::open(tree);
    const auto done = files->replace(name, at(name), file, ".strata-test");
    ASSERT_TRUE(done && *done) << name;
  }

  std::filesystem::path tree = (std::filesystem::create_directories(path / "data"), path / "tree");
};

inline Proposal proposal_of(std::vector<FileChange> changes) {
  auto proposal = make_proposal(std::move(changes));
  EXPECT_TRUE(proposal) << proposal.error().message;
  return proposal ? std::move(*proposal) : Proposal{};
}

// The hunks whose bit is set are accepted, the others rejected.
inline void accept(Proposal& proposal, unsigned subset = ~0u) {
  for (ProposalFile& file : proposal.files) {
    for (Hunk& hunk : file.hunks) {
      hunk.state = (subset >> (hunk.number - 1)) & 1 ? HunkState::kAccepted : HunkState::kRejected;
    }
  }
}

}  // namespace strata::agent
