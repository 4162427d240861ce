; Ruby: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(module name: (_) @name body: (_) @body) @definition.module
(class name: (_) @name) @definition.class
(class name: (_) @name body: (_) @body) @definition.class
(method name: (_) @name parameters: (_) body: (_) @body) @definition.function
(method name: (_) @name body: (_) @body) @definition.function
(method name: (_) @name) @definition.function
(singleton_method name: (_) @name body: (_) @body) @definition.function
(singleton_method name: (_) @name) @definition.function
(assignment left: (constant) @name) @definition.constant
(alias name: (identifier) @name) @definition.method
; Attributes are methods that are not written out.
((call method: (identifier) @_method arguments: (argument_list (simple_symbol) @name)) @definition.variable
  (#any-of? @_method "attr_reader" "attr_writer" "attr_accessor"))
; Test cases of minitest and RSpec.
((call method: (identifier) @_method arguments: (argument_list . (string (string_content) @name)) block: (_) @body) @definition.test
  (#any-of? @_method "test" "it" "specify"))
