"""The claims of the paper, a file a section."""
