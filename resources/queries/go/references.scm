; Go: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (selector_expression field: (field_identifier) @call))
(type_identifier) @type
(import_spec path: (interpreted_string_literal) @import)
