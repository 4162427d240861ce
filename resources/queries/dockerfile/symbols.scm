; Dockerfile: stages, arguments and variables. Capture names: repo-indexer/README.md.
(comment) @comment
(from_instruction as: (image_alias) @name) @definition.target
(arg_instruction name: (_) @name) @definition.variable
(env_pair name: (_) @name) @definition.variable
