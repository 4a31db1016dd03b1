"""Speech as samples: validating, resampling, buffering, decoding files."""
