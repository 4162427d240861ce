; TOML: tables and the keys of the two outer levels. Capture names: repo-indexer/README.md.
(comment) @comment
(table . [(bare_key) (quoted_key) (dotted_key)] @name) @definition.key
(table_array_element . [(bare_key) (quoted_key) (dotted_key)] @name) @definition.key
(document (pair . (_) @name) @definition.key)
(table (pair . (_) @name) @definition.key)
(table_array_element (pair . (_) @name) @definition.key)
