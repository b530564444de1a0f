"""Settings of the whole test run: `pytest` runs the unit tests and every notebook."""

import os
from pathlib import Path

import pytest

# Kernels import this clone's course_utils, whichever clone is installed; forgotten variables of tools/measure.py would
# make them run another seed, and record their claims instead of comparing them.
os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
for variable in ("COURSE_RECORD", "COURSE_SEED"):
    os.environ.pop(variable, None)


def pytest_collection_modifyitems(items):
    """Mark the notebooks, and run them after the tests that take less time."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.notebook)
    items.sort(key=lambda item: item.get_closest_marker("notebook") is not None)
