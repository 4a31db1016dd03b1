// A plain wall, a little brighter behind the head; a picture; or nothing.
uniform vec3 background;  // sRGB
uniform sampler2D scenery;  // sRGB, first row on top
uniform float pictured;
uniform float opaque;

in vec2 place;

out vec4 fragment;

void main() {
    float away = dot(place - vec2(0.0, 0.15), place - vec2(0.0, 0.15));
    vec3 wall = background * (1.04 - 0.13 * away);
    vec3 seen = texture(scenery, vec2(place.x, -place.y) * 0.5 + 0.5).rgb;
    fragment = vec4(mix(wall, seen, pictured), 1.0) * opaque;
}
