"""What a campaign runs, in which order."""
