"""Messages to people: templates and outbox."""
