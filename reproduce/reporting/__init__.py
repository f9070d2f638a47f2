"""The report of `reproduce/report.py`: content (pure), then Markdown, HTML and pictures."""
