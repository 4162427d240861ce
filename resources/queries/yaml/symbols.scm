; YAML: the keys of the two outer levels; deeper ones are data. Capture names: repo-indexer/README.md.
(comment) @comment
(document (block_node (block_mapping (block_mapping_pair key: (_) @name) @definition.key)))
(document (block_node (block_mapping (block_mapping_pair
  value: (block_node (block_mapping (block_mapping_pair key: (_) @name) @definition.key))))))
