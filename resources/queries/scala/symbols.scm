; Scala: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment
(block_comment) @comment

(class_definition name: (identifier) @name) @definition.class
(class_definition name: (identifier) @name body: (_) @body) @definition.class
(object_definition name: (identifier) @name body: (_) @body) @definition.class
(object_definition name: (identifier) @name) @definition.class
(trait_definition name: (identifier) @name body: (_) @body) @definition.trait
(trait_definition name: (identifier) @name) @definition.trait
(enum_definition name: (identifier) @name body: (_) @body) @definition.enum
(simple_enum_case name: (identifier) @name) @definition.enumerator
(full_enum_case name: (identifier) @name) @definition.enumerator
(function_definition name: (_) @name body: (_) @body) @definition.function
(function_declaration name: (_) @name) @declaration.function
(val_definition pattern: (identifier) @name) @definition.variable
(var_definition pattern: (identifier) @name) @definition.variable
(type_definition name: (type_identifier) @name) @definition.type
