// Hair: where a strand still stands at this height, lit along its length.
uniform sampler2D relief;
uniform float shell;

in vec3 body;
in vec3 sheen;
in vec3 tint;
in vec2 toward;
in vec4 flow;

out vec4 fragment;

void main() {
    vec2 straight = vec2(flow.x * 1.7, flow.y * 7.0);
    vec2 curled = vec2(flow.x * 2.3, flow.y * 25.0);
    vec4 tile = texture(relief, mix(straight, curled, flow.w));
    float tall = mix(tile.a, clamp((tile.b - 0.74) * 1.7 + 0.5, 0.0, 1.0), flow.w);
    float reach = (tall - 0.5) * mix(2.1, 1.6, flow.w) + flow.z * 1.9 - 0.72;
    float cover = clamp((reach - shell) * 1.7, 0.0, 1.0);
    // The cosine between half-way vector and a strand that is tilted by its height.
    float shift = (tall - 0.5) * 0.9;
    float gleam = toward.x + toward.y * shift;
    gleam = max(1.0 - gleam * gleam / (1.0 + shift * shift), 0.0);  // square of the sine
    gleam *= gleam; gleam *= gleam; gleam *= gleam;
    float tight = gleam * gleam * gleam;
    vec3 color = body * (0.25 + 1.5 * tall) + (tint * gleam + sheen * tight) * (0.2 + 1.6 * tall);
    fragment = vec4(to_screen(color), cover);
}
