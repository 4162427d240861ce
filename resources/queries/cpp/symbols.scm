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

; Test cases of GoogleTest: TEST_F(Owner, name) {}. Of Boost: BOOST_AUTO_TEST_CASE(name) {}.
((function_definition declarator: (function_declarator declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @owner) . (parameter_declaration type: (_) @name) .)) body: (_) @body) @definition.test
  (#any-of? @_macro "TEST" "TEST_F" "TEST_P" "TYPED_TEST" "TYPED_TEST_P"))
((function_definition declarator: (function_declarator declarator: (identifier) @_macro
    parameters: (parameter_list . (parameter_declaration type: (_) @name))) body: (_) @body) @definition.test
  (#any-of? @_macro "BOOST_AUTO_TEST_CASE" "BOOST_FIXTURE_TEST_CASE" "BOOST_AUTO_TEST_CASE_TEMPLATE"))
; Of Catch2 and doctest: TEST_CASE("name") {}, to the parser a call and a block.
((translation_unit (expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (string_literal) @name))) @definition.test . (compound_statement) @body @definition.test)
  (#any-of? @_macro "TEST_CASE" "SCENARIO"))
((declaration_list (expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (string_literal) @name))) @definition.test . (compound_statement) @body @definition.test)
  (#any-of? @_macro "TEST_CASE" "SCENARIO"))
((translation_unit (expression_statement (call_expression function: (identifier) @_macro
    arguments: (argument_list . (identifier) @owner . (string_literal) @name))) @definition.test . (compound_statement) @body @definition.test)
  (#any-of? @_macro "TEST_CASE_METHOD" "TEST_CASE_FIXTURE"))

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
