; HTML: the elements that have an id. Capture names: repo-indexer/README.md.
(comment) @comment
((element [(start_tag (attribute (attribute_name) @_key (quoted_attribute_value (attribute_value) @name)))
           (self_closing_tag (attribute (attribute_name) @_key (quoted_attribute_value (attribute_value) @name)))]) @definition.element
  (#eq? @_key "id"))
