; Shell: what a script uses. Capture names: repo-indexer/README.md.
((command name: (command_name (word) @call)) (#not-any-of? @call "." "source" "echo" "cd" "exit" "return" "test" "[" "true" "printf" "set" "shift"))
((command name: (command_name (word) @_command) . argument: (word) @import) (#any-of? @_command "." "source"))
((command name: (command_name (word) @_command) . argument: (string) @import) (#any-of? @_command "." "source"))
