"""Networks and what trains them: layers, ensembles, dual variables, optimisers."""
