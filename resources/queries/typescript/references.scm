; TypeScript and TSX: what a file uses. Capture names: repo-indexer/README.md.
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (member_expression object: (_) @qualifier property: [(property_identifier) (private_property_identifier)] @call) arguments: (_) @arguments)
(new_expression constructor: (identifier) @call)
(new_expression constructor: (member_expression object: (_) @qualifier property: (property_identifier) @call))
(extends_clause value: (identifier) @inherit)
(extends_clause value: (member_expression object: (_) @qualifier property: (property_identifier) @inherit))
(implements_clause (type_identifier) @inherit)
(implements_clause (generic_type name: (type_identifier) @inherit))
(extends_type_clause type: (type_identifier) @inherit)
(extends_type_clause type: (generic_type name: (type_identifier) @inherit))
(type_identifier) @type
(nested_type_identifier module: (_) @qualifier name: (type_identifier) @type)
(import_statement source: (string) @import)
(import_statement (import_clause (named_imports (import_specifier name: (identifier) @import))) source: (string) @from)
(import_statement (import_clause (named_imports (import_specifier name: (identifier) @import alias: (identifier) @alias))) source: (string) @from)
(import_statement (import_clause (identifier) @import) source: (string) @from)
(import_statement (import_clause (namespace_import (identifier) @alias)) source: (string) @import)
(export_statement source: (string) @import)

; Functions and classes that are passed on.
(identifier) @use

; Names that hide those of functions and classes.
(required_parameter pattern: (identifier) @local)
(optional_parameter pattern: (identifier) @local)
(variable_declarator name: (identifier) @local)

; What variables are, so that it is known whose member is meant.
(required_parameter pattern: (identifier) @variable type: (type_annotation (_) @of))
(optional_parameter pattern: (identifier) @variable type: (type_annotation (_) @of))
(variable_declarator name: (identifier) @variable type: (type_annotation (_) @of))
(variable_declarator name: (identifier) @variable value: (new_expression constructor: (_) @of))
(variable_declarator name: (identifier) @variable value: (call_expression function: (_) @made_by))
(public_field_definition name: (property_identifier) @variable type: (type_annotation (_) @of))
(public_field_definition name: (property_identifier) @variable value: (new_expression constructor: (_) @of))
