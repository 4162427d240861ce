; JavaScript: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (member_expression object: (_) @qualifier property: [(property_identifier) (private_property_identifier)] @call) arguments: (_) @arguments)
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression object: (_) @qualifier property: (property_identifier) @call))
(class_heritage (identifier) @inherit)
(class_heritage (member_expression object: (_) @qualifier property: (property_identifier) @inherit))
(jsx_opening_element name: (identifier) @call)
(jsx_self_closing_element name: (identifier) @call)
(import_statement source: (string) @import)
(import_statement (import_clause (named_imports (import_specifier name: (identifier) @import))) source: (string) @from)
(import_statement (import_clause (named_imports (import_specifier name: (identifier) @import alias: (identifier) @alias))) source: (string) @from)
(import_statement (import_clause (identifier) @import) source: (string) @from)
; A whole module under a name.
(import_statement (import_clause (namespace_import (identifier) @alias)) source: (string) @import)
((variable_declarator name: (identifier) @alias value: (call_expression function: (identifier) @_f arguments: (arguments . (string) @import)))
  (#eq? @_f "require"))
((call_expression function: (identifier) @_f arguments: (arguments . (string) @import)) (#eq? @_f "require"))
(export_statement source: (string) @import)

; Functions and classes that are passed on.
(identifier) @use

; Names that hide those of functions and classes.
(formal_parameters (identifier) @local)
(variable_declarator name: (identifier) @local)

; What variables are, so that it is known whose member is meant.
(variable_declarator name: (identifier) @variable value: (new_expression constructor: (_) @of))
(assignment_expression left: (member_expression object: (this)) @variable right: (new_expression constructor: (_) @of))
(variable_declarator name: (identifier) @variable value: (call_expression function: (_) @made_by))
