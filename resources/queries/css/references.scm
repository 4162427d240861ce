; CSS: the files that a style sheet uses. Capture names: repo-indexer/README.md.
(import_statement (string_value) @import)
