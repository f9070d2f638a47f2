"""How a claim is judged: evidence, effects, verdict. The list is `claims.py`."""
