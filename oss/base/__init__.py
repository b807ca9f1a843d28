"""The ground floor every room stands on: configuration, database, events, jobs, secrets, audit."""
