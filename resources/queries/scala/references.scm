; Scala: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (field_expression value: (_) @qualifier field: (identifier) @call) arguments: (_) @arguments)
(call_expression function: (generic_function function: (identifier) @call) arguments: (_) @arguments)
(instance_expression (type_identifier) @call)
(instance_expression (generic_type type: (type_identifier) @call))
(extends_clause (type_identifier) @inherit)
(extends_clause (generic_type type: (type_identifier) @inherit))
(extends_clause (compound_type (type_identifier) @inherit))
(type_identifier) @type
(import_declaration) @import.tree

; What variables are, so that it is known whose member is meant.
(class_parameter name: (identifier) @variable type: (_) @of)
(parameter name: (identifier) @variable type: (_) @of)
(val_definition pattern: (identifier) @variable type: (_) @of)
(val_definition pattern: (identifier) @variable value: (call_expression function: (_) @made_by))
(val_definition pattern: (identifier) @variable value: (instance_expression . (_) @of))
