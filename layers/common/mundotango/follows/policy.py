"""How many one person may follow: more is nobody's circle, and every list of theirs is bounded by it."""

MOST_FOLLOWED = 5000
