// Skin, lips, hair and clothes: soft light is worked out per vertex, the gleam per pixel.
uniform mat4 view_projection;
uniform vec3 eye;

in vec3 position;
in vec3 normal;
in vec2 uv;
in vec4 color;  // a: share of the sky the vertex sees

out vec3 light;
out vec3 world_normal;
out vec3 half_way;
out vec3 uv_gleam;  // texture coordinates, strength of the gleam

// Light that scatters under the skin reaches round into the shadow, red furthest.
vec3 scatter(float cosine) {
    const vec3 WRAP = vec3(0.45, 0.22, 0.15);
    vec3 lit = clamp((cosine + WRAP) / (1.0 + WRAP), 0.0, 1.0);
    return lit * lit * (3.0 - 2.0 * lit);
}

void main() {
    vec3 view = normalize(eye - position);
    float open_sky = color.a;
    vec3 seen = open_sky + (1.0 - open_sky) * vec3(0.30, 0.10, 0.07);
    light = KEY_COLOR * scatter(dot(normal, KEY_DIRECTION))
        + FILL_COLOR * scatter(dot(normal, FILL_DIRECTION));
    light = light * (0.35 + 0.65 * seen) + sky_light(normal) * seen;
    float edge = 1.0 - clamp(dot(normal, view), 0.0, 1.0);
    edge *= edge;
    light += RIM_COLOR * clamp(dot(normal, RIM_DIRECTION) + 0.35, 0.0, 1.0) * edge * open_sky;
    light *= 0.62;
    world_normal = normal;
    half_way = normalize(KEY_DIRECTION + view);
    uv_gleam = vec3(uv, open_sky);
    gl_Position = view_projection * vec4(position, 1.0);
}
