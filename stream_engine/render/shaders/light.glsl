// Shared by all fragment shaders: three soft lights, sRGB in and out, a filmic curve.
const vec3 KEY_DIRECTION = vec3(-0.456, 0.501, 0.735);
const vec3 KEY_COLOR = vec3(2.28, 2.13, 1.97);
const vec3 FILL_DIRECTION = vec3(0.757, 0.114, 0.643);
const vec3 FILL_COLOR = vec3(0.42, 0.47, 0.56);
const vec3 RIM_DIRECTION = vec3(0.62, 0.46, -0.64);
const vec3 RIM_COLOR = vec3(0.75, 0.74, 0.74);
const vec3 SKY_COLOR = vec3(0.42, 0.44, 0.48);
const vec3 GROUND_COLOR = vec3(0.25, 0.215, 0.20);

vec3 to_linear(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

// Filmic curve that also encodes sRGB (fit by Hejl and Burgess-Dawson).
vec3 to_screen(vec3 c) {
    vec3 x = max(vec3(0.0), c * 0.92 - 0.004);
    return (x * (6.2 * x + 0.5)) / (x * (6.2 * x + 1.7) + 0.06);
}

vec3 sky_light(vec3 n) {
    return mix(GROUND_COLOR, SKY_COLOR, n.y * 0.5 + 0.5);
}
