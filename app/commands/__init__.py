"""What the user can do: small functions that take the context and return or apply an operation."""
