"""Who carries an update out: Python operation by operation, or compiled graphs."""
