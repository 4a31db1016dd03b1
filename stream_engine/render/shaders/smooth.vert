// One triangle over the whole picture.
out vec2 place;

void main() {
    place = vec2(float((gl_VertexID & 1) << 2) - 1.0, float((gl_VertexID & 2) << 1) - 1.0);
    gl_Position = vec4(place, 0.0, 1.0);
}
