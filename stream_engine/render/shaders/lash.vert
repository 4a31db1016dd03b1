// Lashes.
uniform mat4 view_projection;

in vec3 position;
in vec2 uv;
in vec4 color;

out vec2 texture_uv;
out vec3 shade;

void main() {
    texture_uv = uv;
    shade = to_screen(to_linear(color.rgb));
    gl_Position = view_projection * vec4(position, 1.0);
}
