// Draws posed heads with WebGL 2: the server's shaders, groups and order (`render/mesh_renderer.py`).

import { Outline } from './outline.js';

const TEXTURE_UNITS = { skin_texture: 0, relief: 1, shadow_map: 2, scenery: 3 };
// Opaque, hair over it, lashes over all.
const ORDER = { opaque: 0, hair: 1, blended: 2 };

// Devices that are a processor: the server's `GlContext.software`.
const SOFTWARE = /llvmpipe|softpipe|swiftshader|swrast/i;

/** Said when a head cannot be drawn here. */
export class PaintError extends Error {}

/** Draws one head on one canvas. */
export class Painter {
  #gl;
  #canvas;
  #positions;
  #normals;
  #outline;
  #groups = [];
  #backdrop;
  #mouth = [];
  #shadow;

  /**
   * @param {HTMLCanvasElement} canvas one that has no context yet
   * @param {import('./head.js').Head} head
   */
  constructor(canvas, head) {
    const { detail } = head.portrait;
    const plain = detail === 'plain' || (detail !== 'full' && drawnByProcessor());
    const gl = canvas.getContext('webgl2', { alpha: true, antialias: !plain, depth: true });
    if (!gl) throw new PaintError('This browser has no WebGL 2.');
    this.#gl = gl;
    this.#canvas = canvas;
    const { tensors, portrait, groups, skin } = head;
    const outline = this.#outline = new Outline(head, Math.min(canvas.width, canvas.height), drawnByProcessor());
    this.#positions = stored(gl, outline.positions, gl.DYNAMIC_DRAW);
    this.#normals = stored(gl, outline.normals, gl.DYNAMIC_DRAW);
    const attributes = {
      position: [this.#positions, 3, gl.FLOAT, false],
      normal: [this.#normals, 3, gl.FLOAT, false],
      rest: [stored(gl, outline.between(tensors.positions)), 3, gl.FLOAT, false],
      uv: [stored(gl, outline.between(tensors.uv)), 2, gl.FLOAT, false],
      color: [stored(gl, outline.between(tensors.color)), 4, gl.UNSIGNED_BYTE, true],
    };
    const runs = outline.runs.map(({ name, index }) => ({
      name, index, order: name === portrait.blended ? ORDER.blended : ORDER.opaque,
    }));
    const [{ first, count }] = groups; // the head's own triangles: a shadow's edge is soft
    const casters = tensors.draw_triangles.subarray(3 * first, 3 * (first + count));
    this.#shadow = plain ? null : shadowMap(gl, portrait, attributes, casters);
    if (tensors[portrait.hair.tensor]) {
      const grows = outline.between(tensors[portrait.hair.tensor]);
      attributes.hair = [stored(gl, grows), 4, gl.UNSIGNED_BYTE, true];
      const index = haired(runs[0].index, grows);
      if (index.length) runs.push({ name: portrait.hair.program, index, order: ORDER.hair });
    }
    for (const { name, index, order } of runs.sort((one, other) => one.order - other.order)) {
      const program = compiled(gl, portrait, name, plain);
      const vertices = vertexArray(gl, program, attributes, index);
      const { shells, plain_shell: low } = portrait.hair;
      const heights = plain ? [low] : Array.from({ length: shells }, (_, k) => (k + 1) / shells);
      const opening = gl.getUniformLocation(program, 'mouth_opening');
      if (opening) this.#mouth.push([program, opening]);
      const shell = gl.getUniformLocation(program, 'shell');
      this.#groups.push({ program, vertices, corners: index.length, order, heights, shell });
    }
    this.#backdrop = [compiled(gl, portrait, portrait.backdrop), gl.createVertexArray()];
    reliefTexture(gl, portrait, reliefPixels(portrait, canvas.height));
    paintedTexture(gl, skin);
    gl.activeTexture(gl.TEXTURE0 + TEXTURE_UNITS.scenery);
    sceneryTexture(gl, head.scenery);
    gl.blendFuncSeparate(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA, gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (gl.isContextLost()) throw new PaintError('The graphics context was lost.');
  }

  /** What draws, for the curious. */
  get device() { return deviceOf(this.#gl); }

  /** @param {import('./pose.js').Poser} poser a pose of the same head */
  draw({ positions, normals, mouthOpening }) {
    const [gl, outline] = [this.#gl, this.#outline];
    outline.place(positions, normals);
    for (const [buffer, values] of [[this.#positions, outline.positions], [this.#normals, outline.normals]]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
    }
    for (const [program, opening] of this.#mouth) {
      gl.useProgram(program);
      gl.uniform4fv(opening, mouthOpening);
    }
    this.#shadow?.draw();
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.useProgram(this.#backdrop[0]);
    gl.bindVertexArray(this.#backdrop[1]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.enable(gl.DEPTH_TEST);
    for (const { program, vertices, corners, order, heights, shell } of this.#groups) {
      gl[order === ORDER.opaque ? 'disable' : 'enable'](gl.BLEND);
      gl[order === ORDER.blended ? 'disable' : 'enable'](gl.CULL_FACE);
      gl.useProgram(program);
      gl.bindVertexArray(vertices);
      for (const height of order === ORDER.hair ? heights : [1]) {
        if (shell) gl.uniform1f(shell, height);
        gl.drawElements(gl.TRIANGLES, corners, gl.UNSIGNED_SHORT, 0);
      }
    }
    gl.bindVertexArray(null);
  }

  /** Free the context; the canvas cannot be drawn on again. */
  close() {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function deviceOf(gl) {
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

let byProcessor;

// Four samples a pixel must be asked for before it can be known who draws; found out once.
function drawnByProcessor() {
  byProcessor ??= deviceIsProcessor();
  return byProcessor;
}

function deviceIsProcessor() {
  const gl = document.createElement('canvas').getContext('webgl2');
  const found = gl !== null && SOFTWARE.test(deviceOf(gl));
  gl?.getExtension('WEBGL_lose_context')?.loseContext();
  return found;
}

function stored(gl, values, usage = gl.STATIC_DRAW) {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, values, usage);
  return buffer;
}

function compiled(gl, portrait, name, plain = false) {
  const program = gl.createProgram();
  const texts = portrait.shaders[name];
  const defines = (plain ? '#define PLAIN\n' : '') + (drawnByProcessor() ? '' : '#define CARD\n');
  for (const [kind, text] of [[gl.VERTEX_SHADER, texts.vertex], [gl.FRAGMENT_SHADER, texts.fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text.replace('\n', `\n${defines}`)); // after #version
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) {
      throw new PaintError(`The shader ${name} does not compile: ${gl.getShaderInfoLog(shader)}`);
    }
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) {
    throw new PaintError(`The program ${name} does not link: ${gl.getProgramInfoLog(program)}`);
  }
  gl.useProgram(program);
  const place = (uniform) => gl.getUniformLocation(program, uniform);
  gl.uniformMatrix4fv(place('view_projection'), false, portrait.view_projection);
  gl.uniform3fv(place('eye'), portrait.eye);
  gl.uniformMatrix4fv(place('shadow_projection'), false, portrait.shadow.projection);
  gl.uniform3fv(place('studio'), portrait.studio);
  gl.uniform3fv(place('background'), portrait.background);
  gl.uniform1f(place('pictured'), portrait.pictured ? 1 : 0);
  gl.uniform1f(place('opaque'), portrait.transparent ? 0 : 1);
  gl.uniform1f(place('up'), 1);
  for (const [uniform, unit] of Object.entries(TEXTURE_UNITS)) gl.uniform1i(place(uniform), unit);
  return program;
}

function vertexArray(gl, program, attributes, index) {
  const vertices = gl.createVertexArray();
  gl.bindVertexArray(vertices);
  for (const [name, [buffer, size, type, normalized]] of Object.entries(attributes)) {
    const place = gl.getAttribLocation(program, name);
    if (place < 0) continue;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, size, type, normalized, 0, 0);
  }
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, index, gl.STATIC_DRAW);
  gl.bindVertexArray(null);
  return vertices;
}

function paintedTexture(gl, { width, height, pixels }) {
  gl.activeTexture(gl.TEXTURE0 + TEXTURE_UNITS.skin_texture);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  filtered(gl, gl.LINEAR, gl.CLAMP_TO_EDGE);
}

// The picture behind the head, or a texel that is not looked at.
function sceneryTexture(gl, picture) {
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  if (picture) {
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, gl.RGB, gl.UNSIGNED_BYTE, picture);
  } else {
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }
  filtered(gl, gl.LINEAR, gl.CLAMP_TO_EDGE);
}

function filtered(gl, smaller, wrap) {
  for (const [key, value] of [
    [gl.TEXTURE_MIN_FILTER, smaller], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    [gl.TEXTURE_WRAP_S, wrap], [gl.TEXTURE_WRAP_T, wrap],
  ]) gl.texParameteri(gl.TEXTURE_2D, key, value);
}

// The tile of pores and strands, drawn once: `render/studio_maps.py`.
function reliefTexture(gl, portrait, pixels) {
  gl.activeTexture(gl.TEXTURE0 + TEXTURE_UNITS.relief);
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, pixels, pixels, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
  filtered(gl, gl.LINEAR, gl.REPEAT);
  const target = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, target);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
  gl.viewport(0, 0, pixels, pixels);
  gl.disable(gl.DEPTH_TEST);
  gl.disable(gl.BLEND);
  const program = compiled(gl, portrait, portrait.relief.program);
  gl.useProgram(program);
  gl.uniform1f(gl.getUniformLocation(program, 'texel'), 1 / pixels);
  gl.bindVertexArray(null);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(target);
}

// What the key light sees, drawn anew for each pose.
function shadowMap(gl, portrait, attributes, index) {
  const name = portrait.shadow.program;
  const pixels = portrait.shadow.pixels[drawnByProcessor() ? 'processor' : 'card'];
  const program = compiled(gl, portrait, name);
  const vertices = vertexArray(gl, program, attributes, index);
  gl.activeTexture(gl.TEXTURE0 + TEXTURE_UNITS.shadow_map);
  const depth = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, depth);
  gl.texStorage2D(gl.TEXTURE_2D, 1, gl.DEPTH_COMPONENT24, pixels, pixels);
  filtered(gl, gl.LINEAR, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_MODE, gl.COMPARE_REF_TO_TEXTURE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_COMPARE_FUNC, gl.LEQUAL);
  const target = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, target);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.DEPTH_ATTACHMENT, gl.TEXTURE_2D, depth, 0);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  const draw = () => {
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    gl.viewport(0, 0, pixels, pixels);
    gl.enable(gl.DEPTH_TEST);
    gl.enable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.activeTexture(gl.TEXTURE0 + TEXTURE_UNITS.shadow_map);
    gl.bindTexture(gl.TEXTURE_2D, null); // written, so it may not be read
    gl.useProgram(program);
    gl.bindVertexArray(vertices);
    gl.drawElements(gl.TRIANGLES, index.length, gl.UNSIGNED_SHORT, 0);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.bindTexture(gl.TEXTURE_2D, depth);
  };
  return { draw };
}

// As fine as the picture needs: the next size that the server names.
function reliefPixels({ relief: { pixels } }, height) {
  const sizes = Object.keys(pixels).map(Number).sort((one, other) => one - other);
  const near = (size) => Math.abs(Math.log2(size / height));
  return pixels[sizes.reduce((best, size) => (near(size) < near(best) ? size : best))];
}

/** Triangles that bear hair: density is the first of four bytes. */
function haired(index, grows) {
  const kept = [];
  for (let t = 0; t < index.length; t += 3) {
    const corners = [index[t], index[t + 1], index[t + 2]];
    if (corners.some((v) => grows[4 * v] > 0)) kept.push(...corners);
  }
  return Uint16Array.from(kept);
}
