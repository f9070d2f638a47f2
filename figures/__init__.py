"""Results CSV -> picture.

This package reads tidy CSV files and draws them. It knows nothing of tensors, simulators or
clusters: it imports pandas, SciPy, Matplotlib and seaborn only, so a figure can be redrawn from
``results/`` on a machine that could not train anything.
"""
