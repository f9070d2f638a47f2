"""How a claim is judged: evidence, effects, verdict. The list is `reproduce/claims.py`."""
