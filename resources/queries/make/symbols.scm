; Make: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment
((rule (targets (word) @name) (recipe) @body) @definition.target (#not-any-of? @name ".PHONY" ".SUFFIXES"))
((rule (targets (word) @name)) @definition.target (#not-any-of? @name ".PHONY" ".SUFFIXES"))
(variable_assignment name: (word) @name) @definition.variable
(define_directive name: (word) @name) @definition.macro
