; SQL: what a file uses. Capture names: repo-indexer/README.md.
(invocation (object_reference name: (identifier) @call))
(relation (object_reference name: (identifier) @type))
(column_definition (object_reference name: (identifier) @type))
(create_index (object_reference name: (identifier) @type))
(insert (object_reference name: (identifier) @type))
