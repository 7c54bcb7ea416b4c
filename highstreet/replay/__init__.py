"""Real data brought in through the same flows the pages use."""
