; Markdown: headings are what a document defines; a section reaches to the next heading of its level.
(section . (atx_heading heading_content: (inline) @name) @body) @definition.heading
(section (setext_heading heading_content: (paragraph) @name) @definition.heading)
