; Dockerfile: the images and stages that are built on. Capture names: repo-indexer/README.md.
(from_instruction (image_spec name: (image_name) @call))
