"""The paper's methods. Knows tensors; nothing of simulators, files or clusters."""
