"""HTTP in, HTML and JSON out (floor 4): no rules, no SQL that decides anything."""
