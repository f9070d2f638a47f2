"""Column 2 of the paper's Figure 4: what the policy maximises."""
