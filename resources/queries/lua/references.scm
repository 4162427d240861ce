; Lua: what a file uses. Capture names: repo-indexer/README.md.
((function_call name: (identifier) @call arguments: (_) @arguments) (#not-any-of? @call "require" "dofile"))
(function_call name: (dot_index_expression table: (_) @qualifier field: (identifier) @call) arguments: (_) @arguments)
(function_call name: (method_index_expression table: (_) @qualifier method: (identifier) @call) arguments: (_) @arguments)
((function_call name: (identifier) @_function arguments: (arguments . (string content: (_) @import))) (#any-of? @_function "require" "dofile"))
((assignment_statement (variable_list . name: (identifier) @alias)
  (expression_list . value: (function_call name: (identifier) @_function arguments: (arguments . (string content: (_) @import)))))
  (#eq? @_function "require"))
