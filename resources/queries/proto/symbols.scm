; Protobuf: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(source_file (package (full_ident) @name)) @scope.namespace
(message (message_name (identifier) @name) (message_body) @body) @definition.struct
(enum (enum_name (identifier) @name) (enum_body) @body) @definition.enum
(enum_field . (identifier) @name) @definition.enumerator
(field (type) . (identifier) @name) @definition.variable
(service (service_name (identifier) @name)) @definition.interface
(rpc (rpc_name (identifier) @name)) @declaration.method
