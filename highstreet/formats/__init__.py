"""The business formats, one frozen value per file; none imports another."""
