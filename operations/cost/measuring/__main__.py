"""Runs every act of the workload through the real handlers and writes what each took to operations/consumption.json.

`python -m operations.cost.measuring`
"""

from operations.cost.measuring.run import main

if __name__ == "__main__":
    main()
