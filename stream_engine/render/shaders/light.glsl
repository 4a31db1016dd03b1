// Shared by all shaders: the studio's lights, its shadow, sRGB in and out, a filmic curve.
const vec3 KEY_DIRECTION = vec3(-0.456, 0.501, 0.735);
const vec3 KEY_COLOR = vec3(2.46, 2.28, 2.08);
const vec3 FILL_DIRECTION = vec3(0.757, 0.114, 0.643);
const vec3 FILL_COLOR = vec3(0.27, 0.32, 0.41);
const vec3 RIM_DIRECTION = vec3(0.62, 0.46, -0.64);
const vec3 RIM_COLOR = vec3(0.85, 0.83, 0.82);
const float EXPOSURE = 0.57;

vec3 to_linear(vec3 c) {
    return c * (c * (c * 0.305306011 + 0.682171111) + 0.012522878);
}

// Filmic curve that also encodes sRGB (fit by Hejl and Burgess-Dawson).
vec3 to_screen(vec3 c) {
    vec3 x = max(vec3(0.0), c * 0.92 - 0.004);
    return (x * (6.2 * x + 0.5)) / (x * (6.2 * x + 1.7) + 0.06);
}

// Soft light of the whole studio on a surface, from spherical harmonics (`render/studio.py`).
vec3 studio_light(vec3 n, vec3 studio[9]) {
    vec3 light = studio[0] + studio[1] * n.y + studio[2] * n.z + studio[3] * n.x
        + studio[4] * (n.x * n.y) + studio[5] * (n.y * n.z) + studio[6] * (3.0 * n.z * n.z - 1.0)
        + studio[7] * (n.x * n.z) + studio[8] * (n.x * n.x - n.y * n.y);
    return max(light, vec3(0.0));
}

// Light that scatters under the skin reaches round into the shadow, red furthest.
vec3 scatter(vec3 cosine) {
    const vec3 WRAP = vec3(0.42, 0.20, 0.13);
    vec3 lit = clamp((cosine + WRAP) / (1.0 + WRAP), 0.0, 1.0);
    return lit * lit * (3.0 - 2.0 * lit);
}

// How much of the key light arrives, 0..1; the penumbra of a soft box by a few soft taps, more
// where a graphics card draws.
float key_arrives(sampler2DShadow shadow_map, vec3 place) {
#ifdef PLAIN
    return 1.0;
#elif defined(CARD)
    float lit = texture(shadow_map, vec3(place.xy + vec2(0.0, 0.0058), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(-0.0046, 0.0012), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(-0.0018, -0.0044), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(0.0030, -0.0024), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(0.0034, 0.0010), place.z));
    return lit * 0.2;
#else
    float lit = texture(shadow_map, vec3(place.xy + vec2(0.0, 0.0050), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(0.0043, -0.0025), place.z));
    lit += texture(shadow_map, vec3(place.xy + vec2(-0.0043, -0.0025), place.z));
    return lit * (1.0 / 3.0);
#endif
}
