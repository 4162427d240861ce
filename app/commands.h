// SPDX-License-Identifier: Apache-2.0
// The subcommands of `strata`. Each adds itself to the command line and, when chosen, sets `run` to what it does.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace strata::app {

using Run = std::function<int()>;

void add_agent(CLI::App& app, Run& run);      // agent
void add_ask(CLI::App& app, Run& run);        // ask, ingest
void add_cache(CLI::App& app, Run& run);      // cache list|size|verify|clear|export|import|limit
void add_index(CLI::App& app, Run& run);      // index
void add_structure(CLI::App& app, Run& run);  // symbols, outline, definition, references, callers, ...
void add_search(CLI::App& app, Run& run);     // search
void add_plan(CLI::App& app, Run& run);       // plan, map
void add_models(CLI::App& app, Run& run);     // models list|get|path|check|calibrate
void add_doctor(CLI::App& app, Run& run);     // doctor
void add_review(CLI::App& app, Run& run);     // review
void add_undo(CLI::App& app, Run& run);       // undo, redo, runs
void add_bench(CLI::App& app, Run& run);      // bench
void add_text(CLI::App& app, Run& run);       // tokenize, complete, chat
void add_eval(CLI::App& app, Run& run);       // eval logits

}  // namespace strata::app
