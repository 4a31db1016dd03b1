// Draws posed heads with WebGL 2: the server's shaders, groups and order (`render/mesh_renderer.py`).

const TEXTURE_UNITS = { skin_texture: 0 };

/** Said when a head cannot be drawn here. */
export class PaintError extends Error {}

/** Draws one head on one canvas. */
export class Painter {
  #gl;
  #canvas;
  #positions;
  #normals;
  #groups = [];
  #backdrop;
  #mouth = [];

  /**
   * @param {HTMLCanvasElement} canvas one that has no context yet
   * @param {import('./head.js').Head} head
   */
  constructor(canvas, head) {
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: true, depth: true });
    if (!gl) throw new PaintError('This browser has no WebGL 2.');
    this.#gl = gl;
    this.#canvas = canvas;
    const { tensors, portrait, groups, skin } = head;
    this.#positions = stored(gl, tensors.positions, gl.DYNAMIC_DRAW);
    this.#normals = stored(gl, tensors.positions, gl.DYNAMIC_DRAW);
    const attributes = {
      position: [this.#positions, 3, gl.FLOAT, false],
      normal: [this.#normals, 3, gl.FLOAT, false],
      uv: [stored(gl, tensors.uv), 2, gl.FLOAT, false],
      color: [stored(gl, tensors.color), 4, gl.UNSIGNED_BYTE, true],
    };
    for (const { name, first, count } of groups) {
      const program = compiled(gl, portrait, name);
      const index = tensors.draw_triangles.subarray(3 * first, 3 * (first + count));
      const vertices = vertexArray(gl, program, attributes, index);
      const opening = gl.getUniformLocation(program, 'mouth_opening');
      if (opening) this.#mouth.push([program, opening]);
      const blended = name === portrait.blended;
      this.#groups.push({ program, vertices, corners: index.length, blended });
    }
    this.#backdrop = [compiled(gl, portrait, portrait.backdrop), gl.createVertexArray()];
    paintedTexture(gl, skin);
    gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
    if (gl.isContextLost()) throw new PaintError('The graphics context was lost.');
  }

  /** What draws, for the curious. */
  get device() {
    const info = this.#gl.getExtension('WEBGL_debug_renderer_info');
    return String(this.#gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : this.#gl.RENDERER));
  }

  /** @param {import('./pose.js').Poser} poser a pose of the same head */
  draw({ positions, normals, mouthOpening }) {
    const gl = this.#gl;
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    for (const [buffer, values] of [[this.#positions, positions], [this.#normals, normals]]) {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
    }
    for (const [program, opening] of this.#mouth) {
      gl.useProgram(program);
      gl.uniform4fv(opening, mouthOpening);
    }
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.disable(gl.BLEND);
    gl.clear(gl.DEPTH_BUFFER_BIT);
    gl.useProgram(this.#backdrop[0]);
    gl.bindVertexArray(this.#backdrop[1]);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.enable(gl.DEPTH_TEST);
    for (const { program, vertices, corners, blended } of this.#groups) {
      gl[blended ? 'enable' : 'disable'](gl.BLEND);
      gl[blended ? 'disable' : 'enable'](gl.CULL_FACE);
      gl.useProgram(program);
      gl.bindVertexArray(vertices);
      gl.drawElements(gl.TRIANGLES, corners, gl.UNSIGNED_SHORT, 0);
    }
    gl.bindVertexArray(null);
  }

  /** Free the context; the canvas cannot be drawn on again. */
  close() {
    this.#gl.getExtension('WEBGL_lose_context')?.loseContext();
  }
}

function stored(gl, values, usage = gl.STATIC_DRAW) {
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, values, usage);
  return buffer;
}

function compiled(gl, portrait, name) {
  const program = gl.createProgram();
  const texts = portrait.shaders[name];
  for (const [kind, text] of [[gl.VERTEX_SHADER, texts.vertex], [gl.FRAGMENT_SHADER, texts.fragment]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, text);
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
  gl.uniform3fv(place('background'), portrait.background);
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
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, width, height, 0, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  for (const [key, value] of [
    [gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
    [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE],
  ]) gl.texParameteri(gl.TEXTURE_2D, key, value);
}
