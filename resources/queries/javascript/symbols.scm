; JavaScript: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function
(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(method_definition name: [(property_identifier) (private_property_identifier)] @name body: (_) @body) @definition.function

; Test cases: it("does something", () => {}).
((call_expression function: (identifier) @_function arguments: (arguments . (string (string_fragment) @name) . (_) @body .)) @definition.test
  (#any-of? @_function "it" "test"))

; Functions by assignment.
(variable_declarator name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(variable_declarator name: (identifier) @name value: (class body: (_) @body)) @definition.class
(pair key: (property_identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(field_definition property: (_) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(assignment_expression left: (member_expression object: (_) @owner property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function

(field_definition property: (_) @name) @definition.variable
(variable_declarator name: (identifier) @name) @definition.variable

; Comments stand above the whole statement.
(lexical_declaration . (variable_declarator name: (identifier) @name) .) @definition.variable
(variable_declaration . (variable_declarator name: (identifier) @name) .) @definition.variable
(export_statement (function_declaration name: (identifier) @name)) @definition.function
(export_statement (class_declaration name: (identifier) @name)) @definition.class
(export_statement (lexical_declaration . (variable_declarator name: (identifier) @name) .)) @definition.variable
