// Eyeballs.
uniform mat4 view_projection;
uniform mat4 shadow_projection;

in vec3 position;
in vec3 normal;
in vec2 uv;
in vec4 color;  // sRGB of the iris

out vec3 world;
out vec3 world_normal;
out vec2 texture_uv;
out vec3 shadow_place;
out vec3 iris_color;

void main() {
    world = position;
    world_normal = normal;
    texture_uv = uv;
    iris_color = to_linear(color.rgb);
    vec4 lit_from = shadow_projection * vec4(position + KEY_DIRECTION * 0.004, 1.0);
    shadow_place = lit_from.xyz * 0.5 + 0.5;
    gl_Position = view_projection * vec4(position, 1.0);
}
