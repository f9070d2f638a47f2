"""Holding results against their manifest and each other. Needs neither torch nor a simulator."""
