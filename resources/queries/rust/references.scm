; Rust: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (field_expression value: (_) @qualifier field: (field_identifier) @call) arguments: (_) @arguments)
(call_expression function: (scoped_identifier) @call arguments: (_) @arguments)
(call_expression function: (generic_function function: (identifier) @call) arguments: (_) @arguments)
(call_expression function: (generic_function function: (scoped_identifier) @call) arguments: (_) @arguments)
(call_expression function: (generic_function function: (field_expression value: (_) @qualifier field: (field_identifier) @call)) arguments: (_) @arguments)
(macro_invocation macro: (identifier) @call)
(struct_expression name: (type_identifier) @call)
(struct_expression name: (scoped_type_identifier) @call)
(impl_item trait: (type_identifier) @inherit)
(impl_item trait: (generic_type type: (type_identifier) @inherit))
(impl_item trait: (scoped_type_identifier name: (type_identifier) @inherit))
(trait_item bounds: (trait_bounds (type_identifier) @inherit))
(type_identifier) @type
(scoped_type_identifier path: (_) @qualifier name: (type_identifier) @type)
(use_declaration argument: (_) @import.tree)
; A module in a file of its own.
(mod_item name: (identifier) @import !body)

; What variables are, so that it is known whose member is meant.
(parameter pattern: (identifier) @variable type: (_) @of)
(let_declaration pattern: (identifier) @variable type: (_) @of)
(let_declaration pattern: (identifier) @variable value: (call_expression function: (_) @made_by))
(let_declaration pattern: (identifier) @variable value: (try_expression (call_expression function: (_) @made_by)))
(let_declaration pattern: (identifier) @variable
  value: (try_expression (await_expression (call_expression function: (_) @made_by))))
(let_declaration pattern: (identifier) @variable value: (struct_expression name: (_) @of))
(field_declaration name: (field_identifier) @variable type: (_) @of)
