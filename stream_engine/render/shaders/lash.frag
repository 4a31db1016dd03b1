// Lashes: single curved hairs, dense at the lid and gone at the tip; blended over everything else.
in vec2 texture_uv;  // x along the lid, y from root to tip
in vec3 shade;

out vec4 fragment;

void main() {
    float tip = 1.0 - texture_uv.y;
    float ends = smoothstep(0.0, 0.16, texture_uv.x) * smoothstep(1.0, 0.86, texture_uv.x);
    float fan = (texture_uv.x - 0.5) * texture_uv.y * texture_uv.y * 0.10;
    float across = abs(fract((texture_uv.x + fan) * 58.0) - 0.5) * 2.0;
    float hairs = smoothstep(1.05 * tip + 0.1, 0.35 * tip, across);
    float root = smoothstep(0.70, 1.0, tip);
    fragment = vec4(shade, clamp(max(root * 0.92, hairs * tip * 0.85), 0.0, 1.0) * ends);
}
