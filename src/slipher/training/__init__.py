"""Training: the loop, its sampler, its checkpoints and its history."""
