#!/usr/bin/env python3
"""A script for cron: loads what is new, and continues from there the next night.

    0 2 * * *  WATCHER_URL=https://watcher.example.com WATCHER_KEY=... /opt/jobs/nightly_load.py
"""

import signal
import sys

import watcher_client

ORDERS = [{"id": number, "amount": number * 10} for number in range(1, 1201)]

# Without a handler a SIGTERM ends Python at once, and the run would stay open.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

with watcher_client.run(
    "load orders",
    type="extraction",
    schedule="0 2 * * *",
    freshness=(1, "day"),
    timeliness=(30, "minute"),
    metadata={"owner": "data-team"},
    # Loading everything again is worse than not loading at all.
    required=True,
) as run:
    if not run.active:
        sys.exit("an operator has stopped this pipeline")
    last = int(run.watermark or 0)
    new = [order for order in ORDERS if order["id"] > last]
    if new:
        run.inserts = run.total_rows = len(new)
        run.next_watermark = new[-1]["id"]
    else:
        run.skip("nothing new")
    print(f"watermark {run.watermark}: {len(new)} orders")
