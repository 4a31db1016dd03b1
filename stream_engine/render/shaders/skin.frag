// Skin, lips, hair and clothes; all colour comes from the painted texture.
uniform sampler2D skin_texture;  // square root of linear albedo, gloss

in vec3 light;
in vec3 world_normal;
in vec3 half_way;
in vec3 uv_gleam;

out vec4 fragment;

void main() {
    vec4 paint = texture(skin_texture, uv_gleam.xy);
    vec3 n = world_normal;
    float shine = max(dot(n, half_way) * inversesqrt(dot(n, n)), 0.0);
    shine *= shine; shine *= shine; shine *= shine;  // to the 8th: broad sheen
    float tight = shine * shine;
    tight *= tight;                                  // to the 32nd: gleam
    float sheen = paint.a * (0.055 * shine + paint.a * 0.30 * tight) * uv_gleam.z;
    fragment = vec4(to_screen(paint.rgb * paint.rgb * light + sheen * KEY_COLOR), 1.0);
}
