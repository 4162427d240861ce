; Shell: what a script defines. Capture names: repo-indexer/README.md.
(comment) @comment
(function_definition name: (word) @name body: (_) @body) @definition.function
; Variables of the script; those in functions are dropped by the parser.
(program (variable_assignment name: (variable_name) @name) @definition.variable)
(program (declaration_command (variable_assignment name: (variable_name) @name)) @definition.variable)
