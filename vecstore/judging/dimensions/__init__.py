"""The price of a dimension: what fewer dims, or fewer bytes a number, cost on some data."""
