"""The vocabulary without business meaning; imports nothing of ours."""
