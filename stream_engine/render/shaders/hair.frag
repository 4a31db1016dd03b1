// Hair: where a strand still stands at this height, lit along its length.
uniform sampler2D relief;
uniform float shell;

in vec3 soft;
in vec3 tangent;
in vec3 world_normal;
in vec3 half_way;
in vec3 albedo;
in vec4 flow;

out vec4 fragment;

void main() {
    vec2 straight = vec2(flow.x * 1.7, flow.y * 7.0);
    vec2 curled = vec2(flow.x * 2.3, flow.y * 25.0);
    vec4 tile = texture(relief, mix(straight, curled, flow.w), -0.9);
    float tall = mix(tile.a, clamp((tile.b - 0.74) * 1.7 + 0.5, 0.0, 1.0), flow.w);
    float reach = (tall - 0.5) * mix(2.6, 1.6, flow.w) + flow.z * 1.9 - 0.75;
    float cover = clamp((reach - shell) * 2.2, 0.0, 1.0);
    float shift = (tall - 0.5) * 0.9;
    vec3 t = normalize(tangent + world_normal * shift);
    float along = dot(t, KEY_DIRECTION);
    float facing = clamp(dot(world_normal, KEY_DIRECTION) * 0.7 + 0.3, 0.0, 1.0);
    float diffuse = sqrt(max(1.0 - along * along, 0.0)) * facing;
    float gleam = dot(t, half_way);
    gleam = max(1.0 - gleam * gleam, 0.0);  // square of the sine
    gleam *= gleam; gleam *= gleam; gleam *= gleam;
    float tight = gleam * gleam * gleam;
    float depth = 0.35 + 0.65 * shell;
    vec3 color = albedo * (KEY_COLOR * diffuse * depth + soft) * (0.25 + 1.5 * tall);
    color += (KEY_COLOR * facing * depth + soft * 0.3)
        * (3.5 * gleam * albedo + 0.06 * tight) * (0.2 + 1.6 * tall) * (1.0 - 0.75 * flow.w);
    fragment = vec4(to_screen(color * EXPOSURE), cover);
}
