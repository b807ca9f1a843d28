"""What OLTs answer, read: pure, one file a dialect. An answer that is not whole is an error and never half a truth."""
