; C++: what a file uses.
(call_expression function: (identifier) @call)
(call_expression function: (field_expression field: (field_identifier) @call))
(call_expression function: (field_expression field: (template_method name: (field_identifier) @call)))
(call_expression function: (qualified_identifier) @call)
(call_expression function: (template_function name: (identifier) @call))
(new_expression type: (type_identifier) @call)
(new_expression type: (qualified_identifier) @call)
(base_class_clause (type_identifier) @inherit)
(base_class_clause (qualified_identifier) @inherit)
(base_class_clause (template_type name: (type_identifier) @inherit))
(type_identifier) @type
(preproc_include path: (_) @import)
(using_declaration (qualified_identifier) @import)
