// Skin, lips, scalp and clothes: pores, light that scatters, a broad and a tight gleam.
uniform sampler2D skin_texture;  // square root of linear albedo, gloss
uniform sampler2D relief;        // slopes in r and g, hollows in b
uniform sampler2DShadow shadow_map;

in vec3 soft;
in vec3 world_normal;
in vec4 to_eye;
in vec3 half_way;
in vec3 shadow_place;
in vec4 places;

out vec4 fragment;

const float DEPTH = 1.1;

void main() {
    vec4 paint = texture(skin_texture, places.xy);
    vec4 pores = texture(relief, places.zw);
    vec3 smooth_normal = world_normal;  // vertices are so close that it stays of length 1
    vec2 slope = (pores.rg - 0.5) * DEPTH;
    vec3 n = normalize(smooth_normal + vec3(smooth_normal.z, 0.0, -smooth_normal.x) * slope.x
        + vec3(0.0, slope.y, 0.0));
    vec3 view = to_eye.xyz;
    float open_sky = to_eye.w;
    float lit = key_arrives(shadow_map, shadow_place);
    // Red light travels far under the skin, so it hardly sees pores and creeps into shadows.
    float rough = dot(n, KEY_DIRECTION);
    float even = dot(smooth_normal, KEY_DIRECTION);
    vec3 cosine = mix(vec3(even), vec3(rough), vec3(0.25, 0.65, 0.85));
    vec3 arrives = mix(vec3(lit), vec3(sqrt(lit)), vec3(0.85, 0.25, 0.12));
    arrives *= 0.45 + 0.55 * open_sky;
    vec3 light = soft * (0.82 + 0.36 * pores.b) + KEY_COLOR * scatter(cosine) * arrives;
    vec3 color = paint.rgb * paint.rgb * light * EXPOSURE;
    // Two lobes: an oily film, and the rough skin under it.
    float shine = max(dot(n, half_way), 0.0);
    shine *= shine; shine *= shine; shine *= shine;  // to the 8th
    float tight = shine * shine;
    tight *= tight;                                  // to the 32nd
    float gloss = paint.a * (0.55 + 0.9 * pores.b);
    float gleam = gloss * (0.055 * shine + gloss * 0.36 * tight) * lit;
    float edge = 1.0 - max(dot(n, view), 0.0);
    edge *= edge; edge *= edge;
    vec3 sheen = soft * edge * gloss * 0.34;
    color += (gleam * KEY_COLOR + sheen) * open_sky;
    fragment = vec4(to_screen(color), 1.0);
}
