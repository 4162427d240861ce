; Rust: what a file defines. Capture names: repo-indexer/README.md.
(line_comment) @comment
(block_comment) @comment
(attribute_item) @attribute

((source_file (attribute_item (attribute (identifier) @_attribute))
    . (function_item name: (identifier) @name body: (_) @body) @definition.test) (#eq? @_attribute "test"))
((declaration_list (attribute_item (attribute (identifier) @_attribute))
    . (function_item name: (identifier) @name body: (_) @body) @definition.test) (#eq? @_attribute "test"))
(function_item name: (identifier) @name body: (_) @body) @definition.function
(function_signature_item name: (identifier) @name) @declaration.function
(struct_item name: (type_identifier) @name) @definition.struct
(struct_item name: (type_identifier) @name body: (_) @body) @definition.struct
(union_item name: (type_identifier) @name body: (_) @body) @definition.struct
(field_declaration name: (field_identifier) @name) @definition.variable
(enum_item name: (type_identifier) @name body: (_) @body) @definition.enum
(enum_variant name: (identifier) @name) @definition.enumerator
(trait_item name: (type_identifier) @name body: (_) @body) @definition.trait
(mod_item name: (identifier) @name body: (_) @body) @definition.module
(macro_definition name: (identifier) @name) @definition.macro
(const_item name: (identifier) @name) @definition.constant
(static_item name: (identifier) @name) @definition.variable
(type_item name: (type_identifier) @name) @definition.type
(associated_type name: (type_identifier) @name) @definition.type

; What an impl block defines belongs to the type, wherever the block stands.
(impl_item type: (type_identifier) @name) @scope
(impl_item type: (generic_type type: (type_identifier) @name)) @scope
(impl_item type: (scoped_type_identifier name: (type_identifier) @name)) @scope
