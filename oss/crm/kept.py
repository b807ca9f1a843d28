"""What this room keeps until it expires: whose pages somebody opened lately."""

from __future__ import annotations

from oss.base.retention import Subject, keep

keep(Subject("customer_reading", "customers' pages that were opened", "read_at", days=1, fixed=True))
