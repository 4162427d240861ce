; Python: what a file uses. Capture names: repo-indexer/README.md.
(call function: (identifier) @call arguments: (_) @arguments)
(call function: (attribute object: (_) @qualifier attribute: (identifier) @call) arguments: (_) @arguments)
(decorator (identifier) @call)
(decorator (attribute object: (_) @qualifier attribute: (identifier) @call))
(class_definition superclasses: (argument_list (identifier) @inherit))
(class_definition superclasses: (argument_list (attribute object: (_) @qualifier attribute: (identifier) @inherit)))
(class_definition superclasses: (argument_list (subscript value: (identifier) @inherit)))
(type (identifier) @type)
(type (attribute object: (_) @qualifier attribute: (identifier) @type))
(type (generic_type (identifier) @type))
(except_clause (identifier) @type)
(except_clause value: (identifier) @type)
(raise_statement (identifier) @type)

(import_statement name: (dotted_name) @import)
(import_statement name: (aliased_import name: (dotted_name) @import alias: (_) @alias))
; This names the module but makes no word of it usable.
(import_from_statement module_name: (_) @import.module)
(import_from_statement module_name: (_) @from name: (dotted_name) @import)
(import_from_statement module_name: (_) @from name: (aliased_import name: (dotted_name) @import alias: (_) @alias))

; Functions and classes that are passed on.
(identifier) @use
(attribute object: (_) @qualifier attribute: (identifier) @use)

; Names that hide those of functions and classes.
(parameters (identifier) @local)
(lambda_parameters (identifier) @local)
(default_parameter name: (identifier) @local)
(typed_parameter (identifier) @local)
(typed_default_parameter name: (identifier) @local)
(assignment left: (identifier) @local)
(for_statement left: (identifier) @local)
(pattern_list (identifier) @local)
(tuple_pattern (identifier) @local)
(for_in_clause left: (identifier) @local)
(as_pattern_target (identifier) @local)

; What variables are, so that it is known whose member is meant.
(typed_parameter (identifier) @variable type: (type) @of)
(typed_default_parameter name: (identifier) @variable type: (type) @of)
(assignment left: [(identifier) (attribute)] @variable type: (type) @of)
(assignment left: [(identifier) (attribute)] @variable right: (call function: (_) @made_by))
(as_pattern (call function: (_) @made_by) alias: (as_pattern_target (identifier) @variable))
