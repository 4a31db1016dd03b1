"""Features to motion: windows, sampler, blend, state."""
