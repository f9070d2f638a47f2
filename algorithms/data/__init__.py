"""What learners see of the data: observations, goals, rewards, returns."""
