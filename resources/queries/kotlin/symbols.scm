; Kotlin: what a file defines. Capture names: repo-indexer/README.md.
(line_comment) @comment
(multiline_comment) @comment

((class_declaration "interface" (type_identifier) @name) @definition.interface)
(class_declaration "enum" (type_identifier) @name (enum_class_body) @body) @definition.enum
(class_declaration (type_identifier) @name (class_body) @body) @definition.class
(class_declaration (type_identifier) @name) @definition.class
(object_declaration (type_identifier) @name (class_body) @body) @definition.class
(object_declaration (type_identifier) @name) @definition.class
(enum_entry (simple_identifier) @name) @definition.enumerator
((function_declaration (modifiers (annotation (user_type (type_identifier) @_annotation))) (simple_identifier) @name) @definition.test
  (#eq? @_annotation "Test"))
(function_declaration (simple_identifier) @name (function_body) @body) @definition.function
(function_declaration (simple_identifier) @name) @definition.function
(class_parameter (binding_pattern_kind) (simple_identifier) @name) @definition.variable
(property_declaration (variable_declaration (simple_identifier) @name)) @definition.variable
(type_alias (type_identifier) @name) @definition.type
