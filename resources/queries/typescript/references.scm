; TypeScript and TSX: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (property_identifier) @call))
(new_expression constructor: (identifier) @call)
(class_heritage (extends_clause value: (identifier) @inherit))
(class_heritage (implements_clause (type_identifier) @inherit))
(type_identifier) @type
(import_statement source: (string) @import)
