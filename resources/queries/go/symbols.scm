; Go: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

((function_declaration name: (identifier) @name parameters: (parameter_list (parameter_declaration type: (pointer_type (qualified_type name: (type_identifier) @_type))))
    body: (_) @body) @definition.test (#eq? @_type "T"))
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
; A method stands beside its type; the receiver names it.
(method_declaration receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (generic_type type: (type_identifier) @owner)
    (pointer_type (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))]))
  name: (field_identifier) @name body: (_) @body) @definition.method

(type_spec name: (type_identifier) @name type: (struct_type (_) @body)) @definition.struct
(type_spec name: (type_identifier) @name type: (interface_type)) @definition.interface
(type_spec name: (type_identifier) @name) @definition.type
(type_alias name: (type_identifier) @name) @definition.type
; The comment of a single type stands above the keyword.
(type_declaration . (type_spec name: (type_identifier) @name) .) @definition.type
(method_elem name: (field_identifier) @name) @declaration.method
(field_declaration name: (field_identifier) @name) @definition.variable
(const_spec name: (identifier) @name) @definition.constant
(var_spec name: (identifier) @name) @definition.variable
