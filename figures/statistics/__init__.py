"""From the rows of finished runs to numbers with intervals: curves over seeds, scalars, effects."""
