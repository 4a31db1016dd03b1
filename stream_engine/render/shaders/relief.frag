// A tile of skin's relief and of hair, drawn once: slopes in r and g, hollows in b, strands in a.
uniform float texel;  // its share of the tile

in vec2 place;

out vec4 fragment;

const float FINEST = 1.0 / 256.0;

float chance(uvec2 cell, uint seed) {
    uint state = cell.x * 0x9E3779B9u ^ (cell.y + seed * 0x7F4A7C15u) * 0x85EBCA6Bu;
    state ^= state >> 15u; state *= 0x2C1B3C6Du;
    state ^= state >> 12u; state *= 0x297A2D39u;
    state ^= state >> 15u;
    return float(state >> 8u) * (1.0 / 16777216.0);
}

// Smooth noise, 0..1, that repeats after `cells`.
float noise(vec2 at, vec2 cells, uint seed) {
    vec2 p = at * cells;
    vec2 low = floor(p);
    vec2 share = p - low;
    share = share * share * (3.0 - 2.0 * share);
    uvec2 one = uvec2(ivec2(mod(low, cells)));
    uvec2 other = uvec2(ivec2(mod(low + 1.0, cells)));
    return mix(
        mix(chance(one, seed), chance(uvec2(other.x, one.y), seed), share.x),
        mix(chance(uvec2(one.x, other.y), seed), chance(other, seed), share.x),
        share.y);
}

// Distance to the nearest of scattered points, in cells.
float away(vec2 at, float cells, uint seed) {
    vec2 p = at * cells;
    vec2 low = floor(p);
    float nearest = 2.0;
    for (int j = -1; j <= 1; ++j) {
        for (int i = -1; i <= 1; ++i) {
            vec2 cell = low + vec2(float(i), float(j));
            uvec2 wrapped = uvec2(ivec2(mod(cell, cells)));
            vec2 spot = cell + vec2(chance(wrapped, seed), chance(wrapped, seed + 7u));
            nearest = min(nearest, distance(p, spot));
        }
    }
    return nearest;
}

float height(vec2 at) {
    float pores = smoothstep(0.0, 0.42, away(at, 34.0, 1u));
    float furrows = away(at, 22.0, 2u);
    return 0.55 * pores + 0.38 * furrows + 0.9 * noise(at, vec2(11.0), 3u)
        + 0.35 * noise(at, vec2(60.0), 4u);
}

void main() {
    float here = height(place);
    vec2 slope = vec2(height(place + vec2(texel, 0.0)), height(place + vec2(0.0, texel))) - here;
    slope *= FINEST / texel;  // the mean over a texel, however large it is
    float strands = 0.52 * noise(place, vec2(110.0, 2.0), 5u)
        + 0.32 * noise(place, vec2(55.0, 2.0), 6u) + 0.16 * noise(place, vec2(13.0, 3.0), 7u);
    float hollow = clamp(0.15 + 0.5 * here, 0.0, 1.0);
    fragment = vec4(clamp(0.5 - slope * 0.9, 0.0, 1.0), hollow, strands);
}
