"""Where runs are made: in this process, in local ones, or as jobs on SLURM."""
