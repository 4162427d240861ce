; CSS: the classes, ids, variables and animations that rules speak of. Capture names: repo-indexer/README.md.
(comment) @comment
(rule_set (selectors [(class_selector (class_name) @name) (id_selector (id_name) @name)]) (block) @body) @definition.selector
(rule_set (selectors (_ [(class_selector (class_name) @name) (id_selector (id_name) @name)])) (block) @body) @definition.selector
((declaration (property_name) @name) @definition.key (#starts-with? @name "--"))
(keyframes_statement (keyframes_name) @name) @definition.selector
