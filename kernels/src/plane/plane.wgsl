// Points of the plane and their ways, from the buffer that they were computed into.

struct Look {
    // Colours around the circle.
    wheel: array<vec4<f32>, 4>,
    // Of the window, in its half widths: a unit of the plane, and a point's half width.
    scale: vec2<f32>,
    radius: vec2<f32>,
    // Between which frames, and how far from the one to the other.
    left: u32,
    right: u32,
    share: f32,
    points: u32,
    // Opacities of points and of ways.
    opacity: f32,
    faint: f32,
    // Whether the target is told of light rather than of colours as they are written.
    linear: u32,
    unused: u32,
}

@group(0) @binding(0) var<uniform> look: Look;
// `[frames, points]`
@group(0) @binding(1) var<storage, read> film: array<vec2<f32>>;

struct Corner {
    @builtin(position) place: vec4<f32>,
    @location(0) colour: vec4<f32>,
}

fn at(frame: u32, point: u32) -> vec2<f32> {
    return film[frame * look.points + point];
}

// By the angle of where it began.
fn tint(point: u32) -> vec4<f32> {
    let start = at(0u, point);
    let turn = (atan2(start.y, start.x) / 6.2831853 + 0.5) * 4.0;
    let left = u32(turn) % 4u;
    return mix(look.wheel[left], look.wheel[(left + 1u) % 4u], fract(turn));
}

@vertex
fn particle(@builtin(vertex_index) corner: u32, @builtin(instance_index) point: u32) -> Corner {
    let middle = mix(at(look.left, point), at(look.right, point), look.share);
    let away = vec2<f32>(vec2<u32>(corner & 1u, corner >> 1u)) * 2.0 - 1.0;
    return Corner(vec4<f32>(middle * look.scale + away * look.radius, 0.0, 1.0), tint(point) * look.opacity);
}

@vertex
fn way(@builtin(vertex_index) frame: u32, @builtin(instance_index) point: u32) -> Corner {
    return Corner(vec4<f32>(at(frame, point) * look.scale, 0.0, 1.0), tint(point) * look.faint);
}

@fragment
fn ink(corner: Corner) -> @location(0) vec4<f32> {
    let colour = corner.colour;
    if look.linear == 0u {
        return colour;
    }
    let low = colour.rgb / 12.92;
    let high = pow((colour.rgb + 0.055) / 1.055, vec3<f32>(2.4));
    return vec4<f32>(select(high, low, colour.rgb <= vec3<f32>(0.04045)), colour.a);
}
