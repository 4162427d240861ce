; Java: what a file uses. Capture names: repo-indexer/README.md.
(method_invocation name: (identifier) @call arguments: (_) @arguments)
(method_invocation object: (_) @qualifier name: (identifier) @call arguments: (_) @arguments)
(object_creation_expression type: (type_identifier) @call arguments: (_) @arguments)
(object_creation_expression type: (generic_type (type_identifier) @call) arguments: (_) @arguments)
(superclass (type_identifier) @inherit)
(superclass (generic_type (type_identifier) @inherit))
(super_interfaces (type_list (type_identifier) @inherit))
(super_interfaces (type_list (generic_type (type_identifier) @inherit)))
(extends_interfaces (type_list (type_identifier) @inherit))
(extends_interfaces (type_list (generic_type (type_identifier) @inherit)))
(type_identifier) @type
(marker_annotation name: (identifier) @type)
(annotation name: (identifier) @type)
(import_declaration) @import.tree

; What variables are, so that it is known whose member is meant.
(formal_parameter type: (_) @of name: (identifier) @variable)
(local_variable_declaration type: (_) @of declarator: (variable_declarator name: (identifier) @variable))
(local_variable_declaration declarator: (variable_declarator name: (identifier) @variable value: (object_creation_expression type: (_) @of)))
(field_declaration type: (_) @of declarator: (variable_declarator name: (identifier) @variable))
(enhanced_for_statement type: (_) @of name: (identifier) @variable)
(resource type: (_) @of name: (identifier) @variable)
(catch_formal_parameter (catch_type (_) @of) name: (identifier) @variable)
