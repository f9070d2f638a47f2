"""What is run, as data: runs, presets, studies."""
