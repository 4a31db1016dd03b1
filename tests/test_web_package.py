"""``clients/web`` as a package of npm: what would be published, and that it is whole."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.paths import ROOT

WEB = ROOT / "clients" / "web"
ALWAYS = {"package.json", "README.md", "LICENSE", "element.d.ts"}
MEMBERS = """
const {ElocuteAvatar} = await import(process.argv[1]);
const own = Object.getOwnPropertyNames(ElocuteAvatar.prototype);
console.log(JSON.stringify(own.filter((name) => !/constructor|Callback$/.test(name))));
"""


CUT = """
const {Timeline} = await import('./timeline.js');
const timeline = new Timeline();
const row = (value) => new Array(55).fill(value);
timeline.push({ start: 0, fps: 25, coefficients: Array.from({ length: 20 }, () => row(1)) });
timeline.push({ start: 10, fps: 25, coefficients: [row(0.5), row(0)] });
const at = (frame) => timeline.at((frame + 0.5) * 1920)[17];
console.log(JSON.stringify([timeline.newest, at(9), at(10), at(11), at(15)]));
timeline.push({ start: 12, fps: 25, coefficients: [row(0.25)] });
console.log(JSON.stringify([timeline.newest, at(12), at(15)]));
"""


def imported(name: str, found: set[str] | None = None) -> set[str]:
    """A module and all that it imports."""
    found = set() if found is None else found
    if name not in found:
        found.add(name)
        text = (WEB / name).read_text(encoding="utf-8")
        for other in re.findall(r"^import .* from '\./(.*)';$", text, re.MULTILINE):
            imported(other, found)
    return found


def output_of(program: str, *arguments: str) -> str:
    """What a program prints; the test is skipped without it."""
    path = shutil.which(program)
    if path is None:
        pytest.skip(f"needs {program}")
    done = subprocess.run(
        [path, *arguments], cwd=WEB, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout


def package() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    return found


def test_every_file_that_the_element_imports_is_exported_and_listed() -> None:
    """Nothing more, nothing less; nothing is installed with it."""
    modules = imported("element.js")
    described = package()
    assert set(described["files"]) == modules | {"element.d.ts"}
    exported = {
        target["default"] if isinstance(target, dict) else target
        for target in described["exports"].values()
    }
    assert exported == {f"./{name}" for name in modules | {"package.json"}}
    assert not {"dependencies", "peerDependencies", "scripts"} & set(described)
    licence = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert (WEB / "LICENSE").read_text(encoding="utf-8") == licence


@pytest.mark.slow
def test_npm_packs_what_is_needed(tmp_path: Path) -> None:
    """As npm itself says."""
    packed = json.loads(
        output_of("npm", "pack", "--dry-run", "--json", "--offline", "--cache", str(tmp_path))
    )
    names = {file["path"] for file in packed[0]["files"]}
    assert names == imported("element.js") | ALWAYS


@pytest.mark.slow
def test_the_module_loads_without_a_browser_and_its_types_name_every_member() -> None:
    """A server that renders pages may import it; declarations and class have the same names."""
    members = set(
        json.loads(output_of("node", "--input-type=module", "-e", MEMBERS, "./element.js"))
    )
    text = (WEB / "element.d.ts").read_text(encoding="utf-8")
    body = text[text.index("export class ElocuteAvatar") : text.index("declare global")]
    declared = set(re.findall(r"^  (?:readonly )?(\w+)[(:]", body, re.MULTILINE))
    assert declared - {"addEventListener"} == members


def test_frames_that_were_cut_are_never_drawn() -> None:
    """Motion that begins before the end voids what followed, also where nothing new is yet."""
    first, second = output_of("node", "--input-type=module", "-e", CUT).splitlines()
    assert json.loads(first) == [11, 1, 0.5, 0, 0]
    assert json.loads(second) == [12, 0.25, 0.25]
