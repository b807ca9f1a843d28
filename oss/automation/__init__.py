"""Rules when-if-then and outgoing webhooks."""
