"""Prior data: demonstrations, clones, rollouts, and their cache."""
