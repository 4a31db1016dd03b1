// A plain wall, a little brighter behind the head.
uniform vec3 background;  // sRGB

in vec2 place;

out vec4 fragment;

const float OPAQUE = 1.0;

void main() {
    float away = dot(place - vec2(0.0, 0.15), place - vec2(0.0, 0.15));
    vec3 color = background * (1.04 - 0.13 * away);
    fragment = vec4(color, OPAQUE);
}
