// Inside of the mouth: all light was worked out per vertex.
in vec3 lit;

out vec4 fragment;

void main() {
    fragment = vec4(to_screen(lit), 1.0);
}
