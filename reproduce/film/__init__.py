"""Films and stills of policies."""
