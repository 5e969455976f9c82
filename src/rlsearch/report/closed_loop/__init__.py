"""What only closed loops show: their policies, and what a schedule tree says exactly."""
