; TypeScript and TSX: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(generator_function_declaration name: (identifier) @name body: (_) @body) @definition.function
(function_signature name: (identifier) @name) @declaration.function
(class_declaration name: (type_identifier) @name body: (_) @body) @definition.class
(abstract_class_declaration name: (type_identifier) @name body: (_) @body) @definition.class
(interface_declaration name: (type_identifier) @name body: (_) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(enum_assignment name: (property_identifier) @name) @definition.enumerator
(enum_body name: (property_identifier) @name @definition.enumerator)
(type_alias_declaration name: (type_identifier) @name) @definition.type
(internal_module name: (_) @name body: (_) @body) @definition.namespace
(method_definition name: [(property_identifier) (private_property_identifier)] @name body: (_) @body) @definition.function
(method_signature name: (property_identifier) @name) @declaration.function
(abstract_method_signature name: (property_identifier) @name) @declaration.function

; Test cases: it("does something", () => {}).
((call_expression function: (identifier) @_function arguments: (arguments . (string (string_fragment) @name) . (_) @body .)) @definition.test
  (#any-of? @_function "it" "test"))

; Functions by assignment.
(variable_declarator name: (identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(pair key: (property_identifier) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(public_field_definition name: (_) @name value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function
(assignment_expression left: (member_expression object: (_) @owner property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)]) @definition.function

(public_field_definition name: (_) @name) @definition.variable
(property_signature name: (property_identifier) @name) @definition.variable
(variable_declarator name: (identifier) @name) @definition.variable

; Comments stand above the whole statement.
(lexical_declaration . (variable_declarator name: (identifier) @name) .) @definition.variable
(variable_declaration . (variable_declarator name: (identifier) @name) .) @definition.variable
(export_statement (function_declaration name: (identifier) @name)) @definition.function
(export_statement (class_declaration name: (type_identifier) @name)) @definition.class
(export_statement (abstract_class_declaration name: (type_identifier) @name)) @definition.class
(export_statement (interface_declaration name: (type_identifier) @name)) @definition.interface
(export_statement (enum_declaration name: (identifier) @name)) @definition.enum
(export_statement (type_alias_declaration name: (type_identifier) @name)) @definition.type
(export_statement (lexical_declaration . (variable_declarator name: (identifier) @name) .)) @definition.variable
