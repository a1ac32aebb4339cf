"""From a problem and a spec to a record: plan, compile, run."""
