// One triangle over the whole picture, behind everything.
uniform float up;  // -1 where pictures are drawn upside down

out vec2 place;

void main() {
    vec2 corner = vec2(float((gl_VertexID & 1) << 2) - 1.0, float((gl_VertexID & 2) << 1) - 1.0);
    place = vec2(corner.x, corner.y * up);
    gl_Position = vec4(corner, 0.99999, 1.0);
}
