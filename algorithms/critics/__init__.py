"""Column 1 of the paper's Figure 4: how values are learned."""
