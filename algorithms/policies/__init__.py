"""Policy classes: what a network's output means as pi(a|s)."""
