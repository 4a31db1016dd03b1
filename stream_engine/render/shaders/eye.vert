// Eyeballs.
uniform mat4 view_projection;

in vec3 position;
in vec3 normal;
in vec2 uv;

out vec3 world;
out vec3 world_normal;
out vec2 texture_uv;

void main() {
    world = position;
    world_normal = normal;
    texture_uv = uv;
    gl_Position = view_projection * vec4(position, 1.0);
}
