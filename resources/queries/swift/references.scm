; Swift: what a file uses. Capture names: repo-indexer/README.md.
(call_expression . (simple_identifier) @call (call_suffix (value_arguments) @arguments))
(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression target: (_) @qualifier suffix: (navigation_suffix suffix: (simple_identifier) @call)) (call_suffix (value_arguments) @arguments))
(inheritance_specifier inherits_from: (user_type (type_identifier) @inherit))
(user_type (type_identifier) @type)
(import_declaration (identifier) @import)

; What variables are, so that it is known whose member is meant.
(parameter name: (simple_identifier) @variable (user_type) @of)
(property_declaration name: (pattern bound_identifier: (simple_identifier) @variable) (type_annotation (user_type) @of))
(property_declaration name: (pattern bound_identifier: (simple_identifier) @variable) value: (call_expression . (simple_identifier) @made_by))
