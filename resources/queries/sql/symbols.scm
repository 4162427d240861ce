; SQL: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment
(marginalia) @comment

(create_table (object_reference name: (identifier) @name) (column_definitions) @body) @definition.struct
(create_table (object_reference name: (identifier) @name)) @definition.struct
(column_definition name: (identifier) @name) @definition.variable
(create_view (object_reference name: (identifier) @name)) @definition.struct
(create_materialized_view (object_reference name: (identifier) @name)) @definition.struct
(create_index column: (identifier) @name) @definition.variable
(create_function (object_reference name: (identifier) @name) (function_body) @body) @definition.function
(create_function (object_reference name: (identifier) @name)) @definition.function
(create_type (object_reference name: (identifier) @name)) @definition.type
(create_trigger . (keyword_create) (keyword_trigger) . (object_reference name: (identifier) @name)) @definition.function
