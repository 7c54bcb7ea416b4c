"""What people want, measured without exposing them."""
