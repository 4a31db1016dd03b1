// Short hair and beards: the surface that bears them again, a little further out each time.
uniform mat4 view_projection;
uniform vec3 eye;
uniform vec3 studio[9];
uniform float shell;  // 0 at the roots, 1 at the tips

in vec3 position;
in vec3 normal;
in vec4 color;  // sRGB of the hair, share of the sky
in vec4 hair;   // density, length (255 is 25.5 mm), curl, 1 where strands run back from the brow
in vec3 rest;

out vec3 body;   // light on strands, times their colour
out vec3 sheen;  // light that gleams along them
out vec3 tint;   // the same through their colour
out vec2 toward; // tangent and normal along the half-way vector
out vec4 flow;   // across and along the strands, density, curl

const vec3 CROWN = vec3(0.0, 0.14, -0.045);
const float LONGEST_M = 0.0255;

void main() {
    vec3 grown = position + normal * (hair.y * LONGEST_M * shell);
    grown.y -= hair.y * LONGEST_M * shell * shell * 0.3;  // tips hang
    vec3 local = rest - CROWN;
    vec3 back = vec3(0.0, -0.25, -1.0);
    vec3 run = mix(normalize(local + vec3(0.0, 0.0, 0.0001)), back, hair.w);
    vec3 tangent = normalize(run - normal * dot(run, normal) + vec3(0.0, -0.0001, 0.0));
    float across = mix(atan(local.x, local.z), atan(rest.x, rest.y + 0.05), hair.w);
    float along = mix(length(local), -rest.z, hair.w);
    flow = vec4(across, along, hair.x, hair.z);
    vec3 view = normalize(eye - position);
    vec3 half_way = normalize(KEY_DIRECTION + view);
    toward = vec2(dot(tangent, half_way), dot(normal, half_way));
    float depth = 0.35 + 0.65 * shell;
    float seen = color.a * depth;
    vec3 soft = (studio_light(normal, studio)
        + FILL_COLOR * clamp(dot(normal, FILL_DIRECTION), 0.0, 1.0)) * seen;
    float edge = 1.0 - clamp(dot(normal, view), 0.0, 1.0);
    soft += RIM_COLOR * 1.6 * clamp(dot(normal, RIM_DIRECTION) + 0.4, 0.0, 1.0) * edge * edge * seen;
    float lengthwise = dot(tangent, KEY_DIRECTION);
    float facing = clamp(dot(normal, KEY_DIRECTION) * 0.7 + 0.3, 0.0, 1.0);
    float diffuse = sqrt(max(1.0 - lengthwise * lengthwise, 0.0)) * facing;
    vec3 albedo = to_linear(color.rgb);
    body = albedo * (KEY_COLOR * diffuse * depth + soft) * EXPOSURE;
    sheen = (KEY_COLOR * facing * depth + soft * 0.3) * (1.0 - 0.75 * hair.z) * EXPOSURE;
    tint = sheen * albedo * 3.5;
    sheen *= 0.06;
    gl_Position = view_projection * vec4(grown, 1.0);
}
