"""A worker's function with a mind of its own; in a module that is quickly imported."""

import os
import time


def restless(task):
    if task == "die":
        os._exit(1)
    if task == "hang":
        time.sleep(30)
    if task == "fail":
        raise ValueError("no")
    return os.getpid()
