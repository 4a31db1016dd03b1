// Eyeball: sclera, iris and pupil drawn from the angle to the optical axis, wet on top.
uniform vec3 eye;

in vec3 world;
in vec3 world_normal;
in vec2 texture_uv;  // 0.5 in the pupil, 1 unit = 216 degrees

out vec4 fragment;

const float IRIS = 0.262;
const float PUPIL = 0.098;

void main() {
    vec2 p = (texture_uv - 0.5) * 2.0;
    float r = length(p);
    float angle = atan(p.y, p.x);
    vec3 n = normalize(world_normal);
    vec3 view = normalize(eye - world);
    float t = clamp((r - PUPIL) / (IRIS - PUPIL), 0.0, 1.0);
    float fibre = sin(angle * 31.0 + 3.0 * sin(angle * 7.0)) * 0.5
        + sin(angle * 53.0 + 2.0 * sin(angle * 5.0 + 1.0)) * 0.5;
    vec3 iris = mix(vec3(0.120, 0.058, 0.024), vec3(0.066, 0.039, 0.023), smoothstep(0.05, 0.75, t));
    iris *= 1.0 + 0.28 * fibre * (1.0 - 0.4 * t);
    iris *= 1.0 - 0.75 * smoothstep(0.72, 1.0, t);
    iris *= 1.0 + 0.9 * clamp(dot(p, vec2(0.5, -1.0)) / IRIS, 0.0, 1.0) * (1.0 - t);
    float soft = 0.02;
    vec3 white = mix(vec3(0.70, 0.685, 0.66), vec3(0.62, 0.45, 0.41), smoothstep(0.34, 0.62, r));
    vec3 albedo = mix(iris, white, smoothstep(IRIS - soft, IRIS + soft, r));
    albedo *= smoothstep(PUPIL - soft, PUPIL + soft * 0.6, r) * 0.985 + 0.015;
    // The upper lid and the lashes shade the ball; the corners lie deep.
    float lid = clamp(1.0 - smoothstep(-0.05, 0.42, n.y), 0.0, 1.0);
    float shade = (0.30 + 0.70 * lid) * (1.0 - 0.55 * smoothstep(0.55, 0.95, abs(n.x)));
    vec3 light = KEY_COLOR * clamp(dot(n, KEY_DIRECTION) * 0.55 + 0.42, 0.0, 1.0)
        + FILL_COLOR * clamp(dot(n, FILL_DIRECTION) * 0.55 + 0.42, 0.0, 1.0) + sky_light(n);
    vec3 color = albedo * light * 0.58 * shade;
    vec3 mirror = reflect(-view, n);
    float glint = smoothstep(0.965, 0.985, dot(mirror, vec3(-0.400, 0.270, 0.876)));
    float soft_box = smoothstep(0.80, 0.97, dot(mirror, vec3(0.60, 0.25, 0.76)));
    color += vec3(1.0) * (glint * 1.5 + soft_box * 0.05) * smoothstep(0.75, 0.35, r);
    fragment = vec4(to_screen(color), 1.0);
}
