; CMake: what a file uses. Capture names: repo-indexer/README.md.
((normal_command (identifier) @_command (argument_list . (argument) @import))
  (#any-of? @_command "include" "add_subdirectory"))
; What is linked or depended on.
((normal_command (identifier) @_command (argument_list (argument (unquoted_argument) @call)))
  (#any-of? @_command "target_link_libraries" "add_dependencies" "target_sources" "target_include_directories" "target_compile_options" "target_compile_definitions" "set_target_properties" "install")
  (#not-any-of? @call "PUBLIC" "PRIVATE" "INTERFACE" "PROPERTIES" "TARGETS"))
((normal_command (identifier) @call)
  (#not-any-of? @call "set" "option" "list" "string" "message" "include" "add_subdirectory" "project" "cmake_minimum_required" "find_package" "add_library" "add_executable" "target_link_libraries"))
