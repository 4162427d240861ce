; C++ (and CUDA, whose grammar extends it): what a file defines. Capture names: repo-indexer/README.md.
(comment) @comment

(preproc_def name: (identifier) @name) @definition.macro
(preproc_function_def name: (identifier) @name) @definition.macro

(namespace_definition name: (_) @name body: (_) @body) @definition.namespace
(class_specifier name: (_) @name body: (_) @body) @definition.class
(struct_specifier name: (_) @name body: (_) @body) @definition.struct
(union_specifier name: (_) @name body: (_) @body) @definition.struct
(enum_specifier name: (_) @name body: (_) @body) @definition.enum
(enumerator name: (identifier) @name) @definition.enumerator
(type_definition declarator: (_) @declarator) @definition.type
(alias_declaration name: (type_identifier) @name) @definition.type
(concept_definition name: (identifier) @name) @definition.type

; Test cases of GoogleTest: TEST_F(Owner, name) {}. And of Catch2 and doctest: TEST_CASE("name") {}.
((function_definition declarator: (function_declarator declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @owner) . (parameter_declaration type: (_) @name) .)) body: (_) @body) @definition.test
  (#any-of? @_macro "TEST" "TEST_F" "TEST_P" "TYPED_TEST"))

; Functions, prototypes and variables share the declarator syntax: the name is at its inner end.
(function_definition declarator: (_) @declarator [(delete_method_clause) (default_method_clause)]) @declaration.function
(function_definition declarator: (_) @declarator body: (_) @body) @definition.function
(declaration declarator: (_) @declarator) @declared
(field_declaration declarator: (_) @declarator) @declared

; A template's parameters belong to what it declares.
(template_declaration (function_definition declarator: (_) @declarator)) @definition.function
(template_declaration (class_specifier name: (_) @name body: (_))) @definition.class
(template_declaration (struct_specifier name: (_) @name body: (_))) @definition.struct
(template_declaration (declaration declarator: (_) @declarator)) @declared
