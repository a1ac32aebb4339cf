"""What things are: methods, schedules, problems, probes, specs, outcomes, errors."""
