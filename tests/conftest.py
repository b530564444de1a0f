"""Fixtures for more than one test module."""

import hashlib

import build
import pytest

from course_utils import claims, datasets, paths

# One pixel serves as the figure. The claims' checker looks for its repository above the kernel's working directory.
TINY_CHAPTER = """\
# %% [markdown] lang="en"
# # The answer is {claim:answer.full}

# %% [markdown] lang="zh"
# # 答案是 {claim:answer.full}

# %%
import base64
import os
from pathlib import Path

from course_utils import paths
from course_utils.claims import ClaimChecker
from IPython.display import Image

paths.repository = lambda: Path.cwd().parent
claim, seed = ClaimChecker("99_tiny"), int(os.environ.get("COURSE_SEED", "0"))

# %%
1 + 1

# %%
1 + 1

# %% tags=["picture"]
pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
Image(data=base64.b64decode(pixel), format="png")

# %% [markdown] lang="en" role="alt"
# One grey pixel that stands for the answer {claim:answer}.

# %% [markdown] lang="zh" role="alt"
# 一个灰色像素，代表答案 {claim:answer}。

# %%
claim("answer", 42 + seed, baseline=40)
"""

TINY_CLAIMS = """\
# What the tiny chapter promises.

["99_tiny".claims.answer]
what = "the answer" # to everything
promise = "at least"
baseline = "a guess"
mean = 42.5
sd = 0.5
seeds = 5
bound = 40.5
baseline_mean = 40.0

["99_tiny".run]
seconds = 3.4
cpu_seconds = 2.2
peak_memory_mb = 740
"""


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """An empty repository that course_utils and the tools take for the course's."""
    for folder in ("data", "notebooks/sources"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "data" / "manifest.toml").touch()
    (tmp_path / "notebooks" / "claims.toml").touch()
    monkeypatch.setattr(paths, "repository", lambda: tmp_path)
    monkeypatch.delenv(claims.RECORD_VARIABLE, raising=False)
    monkeypatch.delenv("COURSE_SEED", raising=False)
    datasets.manifest.cache_clear()
    yield tmp_path
    datasets.manifest.cache_clear()


@pytest.fixture
def tiny(repository):
    """The name of a small chapter, not built yet, whose claims are measured and whose translation is up to date."""
    claims.claims_file().write_text(TINY_CLAIMS, encoding="utf-8")
    build.source_path("99_tiny").write_text(TINY_CHAPTER, encoding="utf-8")
    build.accept_translations("99_tiny")
    return "99_tiny"


@pytest.fixture
def edit():
    """Replace a text that stands exactly once in a file: `edit(path, old, new)`."""

    def replace(path, old, new):
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace


@pytest.fixture
def snapshot():
    """The content of all files below a folder, by path: `snapshot(folder)`."""

    def hashes(folder):
        return {path: hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*") if path.is_file()}

    return hashes
