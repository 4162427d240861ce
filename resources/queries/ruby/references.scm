; Ruby: what a file uses. Capture names: repo-indexer/README.md.
((call !receiver method: (identifier) @call) (#not-any-of? @call "require" "require_relative" "include" "extend" "prepend" "private" "public" "protected" "attr_reader" "attr_writer" "attr_accessor"))
(call receiver: (_) @qualifier method: (identifier) @call)
(call receiver: (_) @qualifier method: (identifier) @call arguments: (_) @arguments)
; Foo.new makes a Foo.
((call receiver: (constant) @call method: (identifier) @_method) (#eq? @_method "new"))
((call receiver: (scope_resolution scope: (_) @qualifier name: (constant) @call) method: (identifier) @_method) (#eq? @_method "new"))
(superclass (constant) @inherit)
(superclass (scope_resolution scope: (_) @qualifier name: (constant) @inherit))
((call method: (identifier) @_method arguments: (argument_list (constant) @inherit)) (#any-of? @_method "include" "extend" "prepend"))
(constant) @type
(scope_resolution scope: (_) @qualifier name: (constant) @type)
((call method: (identifier) @_method arguments: (argument_list . (string (string_content) @import)))
  (#any-of? @_method "require" "require_relative" "load"))

; What variables are, so that it is known whose member is meant.
((assignment left: [(identifier) (instance_variable)] @variable right: (call receiver: (_) @of method: (identifier) @_method)) (#eq? @_method "new"))
