"""What prepares data and makes batches of it."""
