"""The whole house: real processes, real packets, a real database, a real browser."""
