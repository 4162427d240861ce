// SPDX-License-Identifier: Apache-2.0
// What models are calibrated with: a small code base without its documentation, questions about functions of it, and
// questions about what it does not have. Compiled in, so that it needs no network; resources/calibration/README.md says
// where it comes from.
#pragma once

#include <string>
#include <vector>

namespace strata::agent {

struct CalibrationPack {
  struct File {
    std::string path, text;
  };
  struct Question {
    std::string path;
    int line = 0;  // of the function that is asked for
    std::string text;
    std::string documentation;  // of the function, which its file no longer has; may be empty
  };
  std::vector<File> files;
  std::vector<Question> present;
  std::vector<std::string> absent;
};

CalibrationPack calibration_pack();

}  // namespace strata::agent
