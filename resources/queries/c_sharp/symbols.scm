; C#: what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

; Test cases of xUnit, NUnit and MSTest.
((method_declaration (attribute_list (attribute name: (identifier) @_attribute)) name: (identifier) @name body: (_) @body) @definition.test
  (#any-of? @_attribute "Fact" "Theory" "Test" "TestCase" "TestMethod"))

(namespace_declaration name: (_) @name body: (_) @body) @definition.namespace
(compilation_unit (file_scoped_namespace_declaration name: (_) @name)) @scope.namespace
(class_declaration name: (identifier) @name) @definition.class
(class_declaration name: (identifier) @name body: (_) @body) @definition.class
(record_declaration name: (identifier) @name) @definition.class
(struct_declaration name: (identifier) @name body: (_) @body) @definition.struct
(interface_declaration name: (identifier) @name body: (_) @body) @definition.interface
(enum_declaration name: (identifier) @name body: (_) @body) @definition.enum
(enum_member_declaration name: (identifier) @name) @definition.enumerator
(delegate_declaration name: (identifier) @name) @definition.type
(method_declaration name: (identifier) @name body: (_) @body) @definition.method
(method_declaration name: (identifier) @name !body) @declaration.method
(constructor_declaration name: (identifier) @name body: (_) @body) @definition.method
(local_function_statement name: (identifier) @name body: (_) @body) @definition.function
(property_declaration name: (identifier) @name accessors: (_) @body) @definition.variable
(property_declaration name: (identifier) @name) @definition.variable
((field_declaration (modifier) @_modifier (variable_declaration (variable_declarator name: (identifier) @name))) @definition.constant
  (#any-of? @_modifier "const"))
(field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.variable
(event_field_declaration (variable_declaration (variable_declarator name: (identifier) @name))) @definition.variable
