; JSON: the keys of the two outer levels; deeper ones are data. Capture names: repo-indexer/README.md.
(document (object (pair key: (string (string_content) @name)) @definition.key))
(document (object (pair value: (object (pair key: (string (string_content) @name)) @definition.key))))
