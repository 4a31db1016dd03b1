// Eyeball: sclera, iris and pupil by the angle to the optical axis, under a wet, bulging cornea.
uniform vec3 eye;
uniform vec3 studio[9];
uniform sampler2DShadow shadow_map;

in vec3 world;
in vec3 world_normal;
in vec2 texture_uv;  // 0.5 in the pupil, 1 unit = 216 degrees
in vec3 shadow_place;
in vec3 iris_color;

out vec4 fragment;

const float IRIS = 0.262;
const float PUPIL = 0.098;
const float IRIS_DEPTH = 0.085;

void main() {
    vec2 p = (texture_uv - 0.5) * 2.0;
    float r = length(p);
    vec3 n = normalize(world_normal);
    vec3 view = normalize(eye - world);
    // The iris lies behind the cornea: what is seen of it moves with the point of view.
    float dome = 1.0 - smoothstep(0.0, IRIS * 1.1, r);
    vec2 q = p - (view.xy - n.xy) * IRIS_DEPTH * dome;
    float s = length(q);
    float angle = atan(q.y, q.x);
    float t = clamp((s - PUPIL) / (IRIS - PUPIL), 0.0, 1.0);
    float fibre = sin(angle * 31.0 + 3.0 * sin(angle * 7.0)) * 0.5
        + sin(angle * 53.0 + 2.0 * sin(angle * 5.0 + 1.0) + 4.0 * t) * 0.5;
    vec3 iris = iris_color * mix(vec3(1.55, 1.25, 0.95), vec3(0.85, 0.9, 1.0), smoothstep(0.08, 0.6, t));
    iris *= 1.0 + 0.34 * fibre * (1.0 - 0.4 * t);
    iris *= 1.0 - 0.30 * smoothstep(0.10, 0.0, abs(t - 0.30));  // the collarette
    iris *= 1.0 - 0.86 * smoothstep(0.66, 0.98, t);             // the limbal ring
    // Light that enters on one side gathers on the other.
    iris *= 0.85 + 2.1 * clamp(dot(q, vec2(0.62, -0.78)) / IRIS, 0.0, 1.0) * (1.0 - 0.6 * t);
    vec3 white = mix(vec3(0.60, 0.585, 0.565), vec3(0.50, 0.31, 0.28), smoothstep(0.32, 0.62, r));
    white *= 1.0 - 0.22 * smoothstep(IRIS + 0.07, IRIS, r);
    vec3 albedo = mix(iris, white, smoothstep(IRIS - 0.022, IRIS + 0.026, r));
    albedo *= smoothstep(PUPIL - 0.016, PUPIL + 0.016, s) * 0.985 + 0.015;
    // The upper lid and the lashes shade the ball; the corners lie deep.
    float lid = 1.0 - smoothstep(-0.12, 0.34, n.y);
    float shade = (0.22 + 0.78 * lid) * (1.0 - 0.62 * smoothstep(0.45, 0.92, abs(n.x)));
    float lit = 0.35 + 0.65 * key_arrives(shadow_map, shadow_place);
    vec3 light = KEY_COLOR * clamp(dot(n, KEY_DIRECTION) * 0.55 + 0.42, 0.0, 1.0) * lit
        + FILL_COLOR * clamp(dot(n, FILL_DIRECTION) * 0.55 + 0.42, 0.0, 1.0)
        + studio_light(n, studio);
    vec3 color = albedo * light * 0.56 * shade;
    vec3 mirror = reflect(-view, n);
    // A square window for the key, a dim strip for the fill, the sky above under the lid.
    vec3 window = mirror - vec3(-0.400, 0.270, 0.876);
    float glint = smoothstep(0.155, 0.115, max(abs(window.x), abs(window.y)));
    float strip = smoothstep(0.80, 0.97, dot(mirror, vec3(0.62, 0.10, 0.76)));
    float above = smoothstep(0.25, 0.8, mirror.y) * 0.05 + 0.006;
    color += (glint * 1.5 + strip * 0.05 + above * shade) * vec3(1.0, 0.99, 0.97)
        * smoothstep(0.95, 0.40, r);
    fragment = vec4(to_screen(color), 1.0);
}
