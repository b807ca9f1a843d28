"""Money (floor 3): invoices, the ledger, payments, dunning."""
