// Teeth, gums, tongue and the inside of the mouth, darker the deeper and the more closed it is.
uniform mat4 view_projection;
uniform vec3 eye;
uniform vec3 studio[9];
uniform vec4 mouth_opening;  // xyz: middle of the opening, w: light let in, 0..1

in vec3 position;
in vec3 normal;
in vec4 color;  // sRGB albedo

out vec3 lit;
out vec3 wet;  // half-way vector, strength of the gleam in its length
out vec3 world_normal;

void main() {
    vec3 view = normalize(eye - position);
    vec3 inward = mouth_opening.xyz - position;
    float depth = max(length(inward) - 0.004, 0.0);
    float reach = mouth_opening.w / (1.0 + depth * depth * 3800.0);
    float below = clamp(0.74 + inward.y * 26.0, 0.16, 1.0);  // the upper lip's shadow
    vec3 light = KEY_COLOR * clamp(dot(normal, KEY_DIRECTION) * 0.6 + 0.4, 0.0, 1.0) * below
        + studio_light(normal, studio) * (0.35 + 0.65 * below);
    lit = to_linear(color.rgb) * light * 0.56 * reach;
    world_normal = normal;
    wet = normalize(vec3(-0.25, 0.35, 1.0) + view) * max(below * reach, 0.001);
    gl_Position = view_projection * vec4(position, 1.0);
}
