; HTML: the files that a page uses. Capture names: repo-indexer/README.md.
((attribute (attribute_name) @_key (quoted_attribute_value (attribute_value) @import)) (#eq? @_key "src"))
((element [(start_tag (tag_name) @_tag (attribute (attribute_name) @_key (quoted_attribute_value (attribute_value) @import)))
           (self_closing_tag (tag_name) @_tag (attribute (attribute_name) @_key (quoted_attribute_value (attribute_value) @import)))])
  (#eq? @_tag "link") (#eq? @_key "href"))
