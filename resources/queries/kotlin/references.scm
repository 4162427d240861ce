; Kotlin: what a file uses. Capture names: repo-indexer/README.md.
(call_expression . (simple_identifier) @call (call_suffix (value_arguments) @arguments))
(call_expression . (simple_identifier) @call (call_suffix))
(call_expression . (navigation_expression . (_) @qualifier (navigation_suffix (simple_identifier) @call)) (call_suffix (value_arguments) @arguments))
(call_expression . (navigation_expression . (_) @qualifier (navigation_suffix (simple_identifier) @call)) (call_suffix))
(delegation_specifier (constructor_invocation (user_type (type_identifier) @inherit)))
(delegation_specifier (user_type (type_identifier) @inherit))
(user_type (type_identifier) @type)
(import_header) @import.tree

; What variables are, so that it is known whose member is meant.
(class_parameter (simple_identifier) @variable (user_type) @of)
(parameter (simple_identifier) @variable (user_type) @of)
(variable_declaration (simple_identifier) @variable (user_type) @of)
(property_declaration (variable_declaration (simple_identifier) @variable) (call_expression . (simple_identifier) @made_by))
