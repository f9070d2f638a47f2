"""How a claim is judged: evidence, effects, verdict. The claims are in `paper`."""
