; QML: what a file defines: objects with an id, properties, signals, functions. Capture names: repo-indexer/README.md.
(comment) @comment

((ui_object_definition initializer: (ui_object_initializer
    (ui_binding name: (identifier) @_id value: (expression_statement (identifier) @name))) @body) @definition.class
  (#eq? @_id "id"))
(ui_property name: (identifier) @name) @definition.variable
(ui_signal name: (identifier) @name) @declaration.method
(ui_binding name: (_) @name value: (statement_block) @body) @definition.method
(function_declaration name: (identifier) @name body: (_) @body) @definition.function
(ui_inline_component name: (identifier) @name) @definition.class
