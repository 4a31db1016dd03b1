"""What the lip-sync monitor is worth: faults, systems side by side, trials, calibration."""
