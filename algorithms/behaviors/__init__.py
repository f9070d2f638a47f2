"""Column 3 of the paper's Figure 4: models of the data's policy."""
