"""What the numbers of many runs say, and how sure it is: pure functions of NumPy arrays."""
