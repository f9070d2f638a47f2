"""Results files: their columns, what their rows must obey, and how they are read.

Nothing is drawn or estimated here.
"""
