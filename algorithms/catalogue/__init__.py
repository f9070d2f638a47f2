"""METHODS, their variants and profiles, and how a row becomes what runs."""
