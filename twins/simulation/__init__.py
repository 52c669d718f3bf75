"""What models are driven by: all of a twin's models composed, their faults, and steady states over ranges of inputs."""
