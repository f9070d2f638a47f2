"""How learners see the data: observations, goals, rewards, returns."""
