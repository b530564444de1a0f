"""Where the repository's folders are, from any working directory."""

from functools import cache
from pathlib import Path


def _is_repository(folder: Path) -> bool:
    return (folder / "data" / "manifest.toml").is_file() and (folder / "notebooks").is_dir()


@cache
def repository() -> Path:
    """The folder that holds `data/` and `notebooks/`.

    The package's own parent folder is tried first (a clone, or `pip install -e .`), then the working directory and the
    folders above it (a copy of the package installed elsewhere).

    Raises:
        FileNotFoundError: neither place belongs to a clone of the course.
    """
    package_parent = Path(__file__).resolve().parent.parent
    for folder in [package_parent, Path.cwd(), *Path.cwd().parents]:
        if _is_repository(folder):
            return folder
    raise FileNotFoundError(
        f"The course's data folder is neither beside the package ({package_parent}) nor above the working directory "
        f"({Path.cwd()}). Start Jupyter inside a clone of the course, or run `pip install -e .` in the clone."
    )


def data() -> Path:
    """The folder with the data sets and their manifest."""
    return repository() / "data"


def notebooks() -> Path:
    """The folder with the notebooks, their sources and `claims.toml`."""
    return repository() / "notebooks"
