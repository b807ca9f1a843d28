"""Sites, devices, ports, PON, plant, addresses."""
