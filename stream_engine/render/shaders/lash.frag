// Lashes: soft strips, dense at the lid and gone at the tip; blended over everything else.
in vec2 texture_uv;  // x along the lid, y from root to tip
in vec3 shade;

out vec4 fragment;

void main() {
    float tip = 1.0 - texture_uv.y;
    float ends = smoothstep(0.0, 0.12, texture_uv.x) * smoothstep(1.0, 0.93, texture_uv.x);
    fragment = vec4(shade, clamp(tip * (0.35 + 0.65 * tip), 0.0, 1.0) * ends);
}
