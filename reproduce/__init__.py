"""Experiments: one file an artefact of the paper. Knows algorithms, envs and figures."""
