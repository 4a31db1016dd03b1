// Edges made smooth after drawing, for a processor: four samples a pixel cost it twice the picture.
// The short form of FXAA (Lottes, 2009): find the direction of an edge, average along it.
uniform sampler2D drawn;
uniform vec2 texel;

out vec4 fragment;

const float SPAN = 1.5;  // texels to either side, at most

float grey(ivec2 at) {
    return dot(texelFetch(drawn, at, 0).rgb, vec3(0.299, 0.587, 0.114));
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    ivec2 last = textureSize(drawn, 0) - 1;
    ivec2 low = max(at - 1, ivec2(0));
    ivec2 high = min(at + 1, last);
    float nw = grey(low);
    float ne = grey(ivec2(high.x, low.y));
    float sw = grey(ivec2(low.x, high.y));
    float se = grey(high);
    vec2 along = vec2((sw + se) - (nw + ne), (nw + sw) - (ne + se));
    float least = max((nw + ne + sw + se) * 0.03, 0.01);
    along = clamp(along / (min(abs(along.x), abs(along.y)) + least), -SPAN, SPAN) * 0.67 * texel;
    vec2 middle = gl_FragCoord.xy * texel;
    fragment = 0.5 * (texture(drawn, middle - along) + texture(drawn, middle + along));
}
