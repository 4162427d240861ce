; XML: the elements that have a name of their own. Capture names: repo-indexer/README.md.
(Comment) @comment
((element [(STag (Attribute (Name) @_key (AttValue) @name)) (EmptyElemTag (Attribute (Name) @_key (AttValue) @name))]) @definition.element
  (#any-of? @_key "id" "name" "xml:id" "x:Name"))
