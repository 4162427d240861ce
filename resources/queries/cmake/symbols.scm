; CMake: what a file defines: targets, tests, functions and macros, options and variables. Commands have no case.
; Capture names: repo-indexer/README.md.
(line_comment) @comment
(bracket_comment) @comment

(function_def (function_command (argument_list . (argument) @name)) (body) @body) @definition.function
(macro_def (macro_command (argument_list . (argument) @name)) (body) @body) @definition.macro
((normal_command (identifier) @_command (argument_list . (argument) @name)) @definition.target
  (#any-of? @_command "add_library" "add_executable" "add_custom_target"))
((normal_command (identifier) @_command (argument_list . (argument) @_name . (argument) @name)) @definition.test
  (#eq? @_command "add_test") (#eq? @_name "NAME"))
((normal_command (identifier) @_command (argument_list . (argument) @name)) @definition.module
  (#eq? @_command "project"))
((normal_command (identifier) @_command (argument_list . (argument (unquoted_argument) @name))) @definition.variable
  (#any-of? @_command "set" "option"))
