"""What can be offered: items, variants, offers, and how they are found."""
