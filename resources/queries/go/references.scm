; Go: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (field_identifier) @call))
(composite_literal type: (type_identifier) @call)
(composite_literal type: (qualified_type name: (type_identifier) @call))
; An embedded field or interface is Go's inheritance.
(field_declaration !name type: (type_identifier) @inherit)
(field_declaration !name type: (qualified_type name: (type_identifier) @inherit))
(interface_type (type_elem (type_identifier) @inherit))
(type_identifier) @type
(import_spec path: (interpreted_string_literal) @import)
