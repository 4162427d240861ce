; PHP: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(program (namespace_definition name: (_) @name)) @scope.namespace
(class_declaration name: (name) @name body: (_) @body) @definition.class
(interface_declaration name: (name) @name body: (_) @body) @definition.interface
(trait_declaration name: (name) @name body: (_) @body) @definition.trait
(enum_declaration name: (name) @name body: (_) @body) @definition.enum
(enum_case name: (name) @name) @definition.enumerator
(function_definition name: (name) @name body: (_) @body) @definition.function
(method_declaration name: (name) @name body: (_) @body) @definition.method
(method_declaration name: (name) @name !body) @declaration.method
(const_declaration (const_element (name) @name)) @definition.constant
(property_declaration (property_element name: (variable_name (name) @name))) @definition.variable
(property_promotion_parameter name: (variable_name (name) @name)) @definition.variable
((function_call_expression function: (name) @_function arguments: (arguments . (argument (string (string_content) @name)))) @definition.constant
  (#eq? @_function "define"))
