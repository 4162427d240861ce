; C: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (field_expression argument: (_) @qualifier field: (field_identifier) @call) arguments: (_) @arguments)
(type_identifier) @type
; `struct A;` makes a name known and uses nothing.
(translation_unit (struct_specifier name: (type_identifier) @declared_only !body))
(preproc_ifdef (struct_specifier name: (type_identifier) @declared_only !body))
(preproc_if (struct_specifier name: (type_identifier) @declared_only !body))
(preproc_else (struct_specifier name: (type_identifier) @declared_only !body))
(preproc_include path: (_) @import)

; What variables are, so that it is known whose member is meant.
(parameter_declaration type: (_) @of declarator: (_) @variable)
(declaration type: (_) @of declarator: (_) @variable)
(field_declaration type: (_) @of declarator: (_) @variable)
