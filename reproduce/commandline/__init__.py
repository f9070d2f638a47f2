"""What every script shares: options, errors, exit codes, files."""
