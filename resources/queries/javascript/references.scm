; JavaScript: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (member_expression property: (property_identifier) @call))
(new_expression constructor: (identifier) @call)
(class_heritage (identifier) @inherit)
(import_statement source: (string) @import)
