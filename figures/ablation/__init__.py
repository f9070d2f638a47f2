"""What picture and table of the ablations are put together from; `figures/ablations.py` draws."""
