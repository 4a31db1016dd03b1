"""Every avatar's export: judged by Khronos' validator, opened in three.js in a real Chromium."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream_engine.mesh.head_asset import HEADS, load_head_asset
from stream_engine.motion.arkit import ARKIT_NAMES
from stream_engine.transport.gltf_file import animated_head
from tests.e2e.browser import browsing
from tests.node_modules import node_modules

POSES = [{}, {"jawOpen": 1}, {"jawOpen": 1, "mouthClose": 1}]
PLACE = "http://avatars.test/"
PAGE = """
<script type="importmap">
{"imports": {"three": "./three/build/three.module.js", "three/addons/": "./three/examples/jsm/"}}
</script>
<canvas id="c" width="96" height="96"></canvas>
<script type="module">
import * as THREE from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';

const canvas = document.getElementById('c');
const renderer = new THREE.WebGLRenderer({ canvas, preserveDrawingBuffer: true });
const camera = new THREE.PerspectiveCamera(20, 1, 0.1, 5);
camera.position.set(0, 0, 1.05);

window.show = async (name, poses) => {
  const { scene } = await new GLTFLoader().loadAsync(name);
  const stage = new THREE.Scene();
  stage.background = new THREE.Color(0x0000ff);
  stage.add(scene, new THREE.AmbientLight(0xffffff, 2), new THREE.DirectionalLight(0xffffff, 2));
  const meshes = [];
  scene.traverse((node) => { if (node.isMesh) meshes.push(node); });
  const pictures = poses.map((weights) => {
    for (const mesh of meshes) {
      mesh.morphTargetInfluences.fill(0);
      for (const [shape, weight] of Object.entries(weights)) {
        mesh.morphTargetInfluences[mesh.morphTargetDictionary[shape]] = weight;
      }
    }
    renderer.render(stage, camera);
    const pixels = new Uint8Array(96 * 96 * 4);
    const gl = renderer.getContext();
    gl.readPixels(0, 0, 96, 96, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
    return [...pixels];
  });
  return {
    shapes: meshes.map((mesh) => Object.keys(mesh.morphTargetDictionary)),
    materials: meshes.map((mesh) => mesh.material.type),
    pictures,
  };
};
window.ready = true;
</script>
"""


VALIDATE = """
const fs = require('fs');
const validator = require('gltf-validator');
const judged = process.argv.slice(1).map((file) =>
  validator.validateBytes(new Uint8Array(fs.readFileSync(file)), { maxIssues: 50 }));
Promise.all(judged).then((reports) => console.log(JSON.stringify(reports)));
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of exports, one of each avatar."""
    folder = tmp_path_factory.mktemp("exports")
    for name, file in HEADS.items():
        (folder / f"{name}.glb").write_bytes(animated_head(load_head_asset(file), []))
    return folder


@pytest.fixture(scope="module")
def page(files: Path) -> Iterator[Any]:
    """A page with three.js, given files by name."""
    modules = node_modules("three")

    def answer(route: Any) -> None:
        path = route.request.url.removeprefix(PLACE)
        if not path:
            route.fulfill(body=PAGE, content_type="text/html")
            return
        file = (modules if path.startswith("three/") else files) / path
        if file.is_file():
            script = "text/javascript" if path.endswith(".js") else "model/gltf-binary"
            route.fulfill(path=file, content_type=script)
        else:
            route.fulfill(status=404)

    with browsing(None) as browser:
        opened = browser.new_page()
        opened.route("**/*", answer)
        opened.goto(PLACE)
        opened.wait_for_function("window.ready === true")
        yield opened


@pytest.mark.slow
def test_the_khronos_validator_finds_no_fault(files: Path) -> None:
    """No error and no warning in any avatar's export."""
    modules = node_modules("gltf-validator")
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    done = subprocess.run(
        [node, "-e", VALIDATE, *(str(files / f"{name}.glb") for name in HEADS)],
        capture_output=True, text=True, check=True, timeout=60, env={"NODE_PATH": str(modules)},
    )  # fmt: skip
    for report in json.loads(done.stdout):
        assert [m for m in report["issues"]["messages"] if m["severity"] < 2] == []
        assert report["info"]["hasMorphTargets"]


@pytest.mark.browser
@pytest.mark.slow
def test_exports_open_and_move_in_three(page: Any) -> None:
    """52 shapes on every mesh, physical materials, a face in the picture whose jaw opens."""
    for name in HEADS:
        shown = page.evaluate("([file, poses]) => window.show(file, poses)", [f"{name}.glb", POSES])
        assert all(shapes == list(ARKIT_NAMES) for shapes in shown["shapes"])
        assert set(shown["materials"]) == {"MeshStandardMaterial"}
        pictures = np.array(shown["pictures"], float).reshape(3, 96, 96, 4)[..., :3]
        still, wide, shut = pictures
        backdrop = (still[..., 2] > 200) & (still[..., 0] < 60)
        assert 0.3 < 1.0 - backdrop.mean() < 0.9, name
        skin = still[44:52, 44:52].mean(axis=(0, 1))
        assert skin[0] > skin[2] > 20, name
        moved = np.abs(wide - still).max(axis=2) > 25
        assert moved.mean() > 0.004, name
        assert moved[56:].mean() < 0.1 * moved[:56].mean()  # rows count from below
        assert np.abs(shut - still).mean() < np.abs(wide - still).mean()

