"""How long a test waits for a process or a file before it fails.

A patience ends a hang. It asserts no speed: a hopelessly busy machine passes too.
"""

PATIENCE_S = 3000.0
