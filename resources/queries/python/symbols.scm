; Python: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

((function_definition name: (identifier) @name body: (_) @body) @definition.test (#starts-with? @name "test_"))
(function_definition name: (identifier) @name body: (_) @body) @definition.function
(class_definition name: (identifier) @name body: (_) @body) @definition.class

; Decorators belong to what they decorate.
(decorated_definition definition: (function_definition name: (identifier) @name)) @definition.function
(decorated_definition definition: (class_definition name: (identifier) @name)) @definition.class

; Docstrings.
(module . (string) @comment)
(function_definition name: (identifier) @name body: (block . (string) @doc @comment)) @definition.function
(class_definition name: (identifier) @name body: (block . (string) @doc @comment)) @definition.class

; Variables of a module or a class; those of functions are dropped by the parser.
(assignment left: (identifier) @name) @definition.variable
(assignment left: (pattern_list (identifier) @name)) @definition.variable
(type_alias_statement left: (type (identifier) @name)) @definition.type
