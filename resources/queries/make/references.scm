; Make: what a file uses. Capture names: repo-indexer/README.md.
(include_directive filenames: (list (word) @import))
(rule normal: (prerequisites (word) @call))
