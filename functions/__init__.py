"""What Lambda runs, a folder each; imported before any handler.

Inside Lambda the garbage collector is told to look less often: while a function starts, nothing it imports is garbage,
and looking through it all again and again is 8 % of a cold start (bench/cold_start.py).
"""

import gc

from mundotango import settings

if settings.runs_in_lambda():
    # New containers between two looks; a request makes some thousands, so what it leaves is still found in time.
    gc.set_threshold(50_000, 10, 10)
