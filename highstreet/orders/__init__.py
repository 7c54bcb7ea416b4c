"""The order itself: lines, stages and journal; knows no format."""
