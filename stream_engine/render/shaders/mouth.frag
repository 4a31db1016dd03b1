// Inside of the mouth: light per vertex, the wet gleam per pixel.
in vec3 lit;
in vec3 wet;
in vec3 world_normal;

out vec4 fragment;

void main() {
    float strength = length(wet);
    float shine = max(dot(normalize(world_normal), wet / strength), 0.0);
    shine *= shine; shine *= shine; shine *= shine; shine *= shine; shine *= shine;  // to the 32nd
    fragment = vec4(to_screen(lit + 0.42 * shine * strength), 1.0);
}
