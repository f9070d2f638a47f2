"""Prior data: files and where they come from, experts, replayed and random episodes."""
