"""Column 4 of the paper's Figure 4: what keeps the policy near the data."""
