; Protobuf: what a file uses. Capture names: repo-indexer/README.md.
(import path: (string) @import)
(message_or_enum_type) @type
