"""Jobs: what was sent to an engine, and what came back, in the folder of a run."""
