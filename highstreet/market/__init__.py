"""The flows that cross domains, the Format value, the shared rules and the read-only views."""
