; C: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

(struct_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(union_specifier name: (type_identifier) @name body: (_) @body) @definition.struct
(enum_specifier name: (type_identifier) @name body: (_) @body) @definition.enum
(enumerator name: (identifier) @name) @definition.enumerator
(type_definition declarator: (_) @declarator) @definition.type

; Functions, prototypes and variables share the declarator syntax: the name is at its inner end.
(function_definition declarator: (_) @declarator body: (_) @body) @definition.function
(declaration declarator: (_) @declarator) @declared
(field_declaration declarator: (_) @declarator) @declared

; main() {}: without a type, a call and a block.
(translation_unit (expression_statement (call_expression function: (identifier) @name)) @definition.function . (compound_statement) @body @definition.function)
(preproc_ifdef (expression_statement (call_expression function: (identifier) @name)) @definition.function . (compound_statement) @body @definition.function)
(preproc_if (expression_statement (call_expression function: (identifier) @name)) @definition.function . (compound_statement) @body @definition.function)
