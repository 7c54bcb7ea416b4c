"""Who takes part: people, businesses, places, and what each may do."""
