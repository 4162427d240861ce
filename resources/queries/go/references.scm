; Go: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (selector_expression operand: (_) @qualifier field: (field_identifier) @call) arguments: (_) @arguments)
(composite_literal type: (type_identifier) @call)
(composite_literal type: (qualified_type package: (_) @qualifier name: (type_identifier) @call))
; An embedded field or interface is Go's inheritance.
(field_declaration !name type: (type_identifier) @inherit)
(field_declaration !name type: (qualified_type package: (_) @qualifier name: (type_identifier) @inherit))
(interface_type (type_elem (type_identifier) @inherit))
(type_identifier) @type
(qualified_type package: (_) @qualifier name: (type_identifier) @type)
(import_spec path: (interpreted_string_literal) @import)
(import_spec name: (_) @alias path: (interpreted_string_literal) @import)

; What variables are, so that it is known whose member is meant.
(parameter_declaration name: (identifier) @variable type: (_) @of)
(var_spec name: (identifier) @variable type: (_) @of)
(field_declaration name: (field_identifier) @variable type: (_) @of)
(short_var_declaration left: (expression_list . (identifier) @variable) right: (expression_list . (composite_literal type: (_) @of)))
(short_var_declaration left: (expression_list . (identifier) @variable)
  right: (expression_list . (unary_expression operand: (composite_literal type: (_) @of))))
(short_var_declaration left: (expression_list . (identifier) @variable) right: (expression_list . (call_expression function: (_) @made_by)))
