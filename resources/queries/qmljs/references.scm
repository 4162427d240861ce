; QML: what a file uses. Capture names: repo-indexer/README.md.
(ui_import source: (_) @import)
(ui_object_definition type_name: (identifier) @type)
(ui_property type: (type_identifier) @type)
(call_expression function: (identifier) @call arguments: (_) @arguments)
(call_expression function: (member_expression object: (_) @qualifier property: (property_identifier) @call) arguments: (_) @arguments)
(new_expression constructor: (identifier) @call)
