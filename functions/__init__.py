"""What Lambda runs, a folder each; imported before any handler.

Inside Lambda the garbage collector is told not to look until a function has started: nothing it imports is garbage, and
looking through it all again and again is a tenth of a cold start (bench/cold_start.py).
"""

import gc

from mundotango import settings

if settings.runs_in_lambda():
    # New containers between two looks. The image worker has made the most by the end of its first work, 133,000, and a
    # look before that would take 11 ms. What requests leave is still found in time.
    gc.set_threshold(150_000, 10, 10)
