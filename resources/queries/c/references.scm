; C: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(type_identifier) @type
(preproc_include path: (_) @import)
