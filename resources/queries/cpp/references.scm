; C++: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (field_expression argument: (_) @qualifier field: (field_identifier) @call) arguments: (_) @arguments)
(call_expression function: (field_expression argument: (_) @qualifier field: (template_method name: (field_identifier) @call)) arguments: (_) @arguments)
(call_expression function: (qualified_identifier) @call arguments: (_) @arguments)
(call_expression function: (template_function name: (identifier) @call) arguments: (_) @arguments)
(new_expression type: (type_identifier) @call)
(new_expression type: (qualified_identifier) @call)
; Functions that are passed on.
(pointer_expression argument: (qualified_identifier) @call)
(base_class_clause (type_identifier) @inherit)
(base_class_clause (qualified_identifier) @inherit)
(base_class_clause (template_type name: (type_identifier) @inherit))
(type_identifier) @type
; `class A;` makes a name known and uses nothing.
(translation_unit [(class_specifier name: (type_identifier) @declared_only !body) (struct_specifier name: (type_identifier) @declared_only !body)])
(declaration_list [(class_specifier name: (type_identifier) @declared_only !body) (struct_specifier name: (type_identifier) @declared_only !body)])
(preproc_ifdef [(class_specifier name: (type_identifier) @declared_only !body) (struct_specifier name: (type_identifier) @declared_only !body)])
(preproc_if [(class_specifier name: (type_identifier) @declared_only !body) (struct_specifier name: (type_identifier) @declared_only !body)])
(preproc_else [(class_specifier name: (type_identifier) @declared_only !body) (struct_specifier name: (type_identifier) @declared_only !body)])
(qualified_identifier scope: (_) @qualifier name: (type_identifier) @type)
(qualified_identifier scope: (_) @qualifier name: (template_type name: (type_identifier) @type))
; The class in front of a member.
((qualified_identifier scope: (namespace_identifier) @type) (#not-any-of? @type "std"))
(preproc_include path: (_) @import)
(using_declaration (qualified_identifier) @import.tree)

; What variables are, so that it is known whose member is meant.
(parameter_declaration type: (_) @of declarator: (_) @variable)
(optional_parameter_declaration type: (_) @of declarator: (_) @variable)
(declaration type: (_) @of declarator: (_) @variable)
(field_declaration type: (_) @of declarator: (_) @variable)
(for_range_loop type: (_) @of declarator: (_) @variable)
(init_declarator declarator: (_) @variable value: (call_expression function: (_) @made_by))
(init_declarator declarator: (_) @variable value: (new_expression type: (_) @of))
