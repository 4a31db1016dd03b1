// Skin, lips, scalp and clothes: the studio's soft light per vertex, the rest per pixel.
uniform mat4 view_projection;
uniform mat4 shadow_projection;
uniform vec3 eye;
uniform vec3 studio[9];

in vec3 position;
in vec3 normal;
in vec2 uv;
in vec4 color;  // a: share of the sky the vertex sees
in vec3 rest;   // where the vertex is when nothing moves

out vec3 soft;  // light but the key's
out vec3 world_normal;
out vec4 to_eye;  // xyz of length 1, and the share of the sky in w
out vec3 half_way;
out vec3 shadow_place;
out vec4 places;  // in the texture, in the relief

const float OFF_SURFACE_M = 0.0024;  // or a face shadows itself

void main() {
    float open_sky = color.a;
    vec3 seen = open_sky + (1.0 - open_sky) * vec3(0.26, 0.08, 0.06) * open_sky;
    vec3 view = normalize(eye - position);
    soft = FILL_COLOR * scatter(vec3(dot(normal, FILL_DIRECTION))) * (0.3 + 0.7 * seen)
        + studio_light(normal, studio) * seen;
    float edge = 1.0 - clamp(dot(normal, view), 0.0, 1.0);
    edge *= edge;
    soft += RIM_COLOR * clamp(dot(normal, RIM_DIRECTION) + 0.35, 0.0, 1.0) * edge * open_sky;
    world_normal = normal;
    to_eye = vec4(view, open_sky);
    half_way = normalize(KEY_DIRECTION + view);
    vec4 lit_from = shadow_projection * vec4(position + normal * OFF_SURFACE_M, 1.0);
    shadow_place = lit_from.xyz * 0.5 + 0.5;
    // The texture is mirrored, the relief is not.
    places = vec4(uv, uv * vec2(rest.x < 0.0 ? -4.2 : 4.2, 8.1));
    gl_Position = view_projection * vec4(position, 1.0);
}
