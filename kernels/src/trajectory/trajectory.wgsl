// Trajectories of particles through the field of a small network, as `cube.rs` has them: a workgroup takes a tile of particles through the
// whole course. What it is built for stands before: FEATURES, LAYERS, WIDE, RESIDUAL, ACTIVATION, OWN, PARTS, POINT and FINE.

const UNITS: u32 = 256u;
const GROUPS: u32 = 1024u / WIDE;
const SLOTS: u32 = FEATURES * GROUPS;
const LINE: u32 = WIDE / 4u;
const LAST: u32 = (FEATURES + LAYERS * WIDE) * LINE;
const LAST_BIAS: u32 = LAST + FEATURES * LINE;

const SILU: u32 = 0u;
const SELU: u32 = 1u;
const TANH: u32 = 2u;

struct Told {
    particles: u32,
    // Evaluations of this launch.
    begin: u32,
    end: u32,
    unused: u32,
    // Where noise comes from: the seed, and the index of the first row.
    seed: vec2<u32>,
    first: vec2<u32>,
}

@group(0) @binding(0) var<uniform> told: Told;
@group(0) @binding(1) var<storage, read> start: array<f32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> positions: array<f32>;
@group(0) @binding(4) var<storage, read> weights: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read> biases: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read> course: array<u32>;
@group(0) @binding(7) var<storage, read> table: array<vec4<u32>>;

// Numbers of a layer, `[WIDE, particles]`, four particles each.
var<workgroup> tile: array<vec4<f32>, 1024>;

// Of one feature of four particles: the state, and the latest estimates.
struct Registers {
    x: vec4<f32>,
    d1: vec4<f32>,
    d2: vec4<f32>,
    d3: vec4<f32>,
    d4: vec4<f32>,
}

// A number of the course.
fn coefficient(at: u32) -> f32 {
    return bitcast<f32>(course[at]);
}

// `Σ w_i r_i`.
fn sum(r: Registers, at: u32) -> vec4<f32> {
    return coefficient(at) * r.x + coefficient(at + 1u) * r.d1 + coefficient(at + 2u) * r.d2
        + coefficient(at + 3u) * r.d3 + coefficient(at + 4u) * r.d4;
}

// `φ`, where no exponential overflows.
fn activated(x: vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>(0.0);
    if ACTIVATION == SILU {
        return x / (1.0 + exp(min(-x, vec4<f32>(80.0))));
    }
    if ACTIVATION == SELU {
        return 1.0507009873554805 * max(x, zero) + 1.7580993408473766 * (exp(min(x, zero)) - 1.0);
    }
    if ACTIVATION == TANH {
        return 1.0 - 2.0 / (exp(2.0 * min(x, vec4<f32>(15.0))) + 1.0);
    }
    return max(x, zero);
}

// What one number of the layer below adds to four of this, of four particles.
fn product(begin: u32, k: u32, unit: u32) -> mat4x4<f32> {
    let weight = weights[begin + unit / GROUPS];
    let value = tile[k * GROUPS + unit % GROUPS];
    return mat4x4<f32>(weight.x * value, weight.y * value, weight.z * value, weight.w * value);
}

// Four of a layer's biases, for four particles each.
fn biased(begin: u32, unit: u32) -> mat4x4<f32> {
    let bias = biases[begin + unit / GROUPS];
    return mat4x4<f32>(vec4<f32>(bias.x), vec4<f32>(bias.y), vec4<f32>(bias.z), vec4<f32>(bias.w));
}

// `φ` of a layer into shared memory, when all have read what is there.
fn put(sums: mat4x4<f32>, unit: u32) {
    let at = unit / GROUPS * 4u * GROUPS + unit % GROUPS;
    workgroupBarrier();
    tile[at] = activated(sums[0]);
    tile[at + GROUPS] = activated(sums[1]);
    tile[at + 2u * GROUPS] = activated(sums[2]);
    tile[at + 3u * GROUPS] = activated(sums[3]);
    workgroupBarrier();
}

// From what is asked to what the last layer reads, both in shared memory.
fn through(e: u32, unit: u32) {
    let bias = e * (LAYERS + 1u) * LINE;
    var stream = biased(bias, unit);
    for (var k = 0u; k < FEATURES; k++) {
        stream += product(k * LINE, k, unit);
    }
    put(stream, unit);
    for (var layer = 0u; layer < LAYERS; layer++) {
        var sums = biased(bias + (layer + 1u) * LINE, unit);
        let begin = (FEATURES + layer * WIDE) * LINE;
        for (var k = 0u; k < WIDE; k += 4u) {
            sums += product(begin + k * LINE, k, unit);
            sums += product(begin + (k + 1u) * LINE, k + 1u, unit);
            sums += product(begin + (k + 2u) * LINE, k + 2u, unit);
            sums += product(begin + (k + 3u) * LINE, k + 3u, unit);
        }
        if RESIDUAL && layer % 2u == 1u {
            stream += sums;
            sums = stream;
        }
        put(sums, unit);
    }
}

// A part of the last layer's sums of a slot.
fn last(at: u32) -> vec4<f32> {
    let part = at / SLOTS;
    let slot = at % SLOTS;
    var sum = vec4<f32>(0.0);
    if part < PARTS {
        for (var k = part * (LINE / PARTS); k < (part + 1u) * (LINE / PARTS); k++) {
            let weight = weights[LAST + slot / GROUPS * LINE + k];
            let below = 4u * k * GROUPS + slot % GROUPS;
            sum += weight.x * tile[below] + weight.y * tile[below + GROUPS];
            sum += weight.z * tile[below + 2u * GROUPS] + weight.w * tile[below + 3u * GROUPS];
        }
    }
    return sum;
}

fn high(a: u32, b: u32) -> u32 {
    let low = (a & 0xFFFFu) * (b & 0xFFFFu);
    let middle = (a >> 16u) * (b & 0xFFFFu) + (low >> 16u);
    let other = (a & 0xFFFFu) * (b >> 16u) + (middle & 0xFFFFu);
    return (a >> 16u) * (b >> 16u) + (middle >> 16u) + (other >> 16u);
}

// Philox4x32-10.
fn philox(counter: vec4<u32>) -> vec4<u32> {
    var c = counter;
    var key = told.seed;
    for (var round = 0u; round < 10u; round++) {
        let a = c.x;
        let b = c.z;
        c = vec4<u32>(
            high(b, 0xCD9E8D57u) ^ c.y ^ key.x,
            b * 0xCD9E8D57u,
            high(a, 0xD2511F53u) ^ c.w ^ key.y,
            a * 0xD2511F53u,
        );
        key += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}

// The standard normal of a word, by the inverse distribution function in whole numbers.
fn normal(word: u32) -> f32 {
    let unit = 1u << 24u;
    var m = max(word & 0x7FFFFFFFu, 1u);
    m = select(m & 0xFFFFFF80u, m, m < 0x10000000u);
    m = select(m & 0xFFFFFFF0u, m, m < unit);
    let zeros = countLeadingZeros(m);
    let rest = (m << zeros) << 1u;
    let row = table[((31u - zeros) << FINE) + (rest >> (32u - FINE))];
    let u = (rest << FINE) & 0xFFFFC000u;
    let down = high(u, row.y - high(u, row.z));
    var z = select(0u, row.x - down, row.x > down);
    z = (z + (1u << (POINT - 25u))) >> (POINT - 24u);
    z = select((z + 4u) & 0xFFFFFFF8u, z, z < unit);
    let size = f32(z) * (1.0 / 16777216.0);
    return select(-size, size, word < 0x80000000u);
}

// A feature's number of a particle.
fn drawn(draw: u32, particle: u32, feature: u32) -> f32 {
    let low = told.first.x + particle;
    let carried = told.first.y + select(0u, 1u, low < particle);
    return normal(philox(vec4<u32>(feature / 4u, draw, low, carried))[feature % 4u]);
}

fn noise(draw: u32, particle: u32, feature: u32) -> vec4<f32> {
    return vec4<f32>(
        drawn(draw, particle, feature),
        drawn(draw, particle + 1u, feature),
        drawn(draw, particle + 2u, feature),
        drawn(draw, particle + 3u, feature),
    );
}

// One feature of four particles of a register.
fn taken(first: u32, slot: u32, kept: u32) -> vec4<f32> {
    var four = vec4<f32>(0.0);
    for (var lane = 0u; lane < 4u; lane++) {
        let particle = first + slot % GROUPS * 4u + lane;
        if slot < SLOTS && particle < told.particles {
            let at = particle * FEATURES + slot / GROUPS;
            if told.begin > 0u {
                four[lane] = state[kept * told.particles * FEATURES + at];
            } else if kept == 0u {
                four[lane] = start[at];
            }
        }
    }
    return four;
}

fn leave(first: u32, slot: u32, kept: u32, four: vec4<f32>) {
    for (var lane = 0u; lane < 4u; lane++) {
        let particle = first + slot % GROUPS * 4u + lane;
        if slot < SLOTS && particle < told.particles {
            let at = particle * FEATURES + slot / GROUPS;
            state[kept * told.particles * FEATURES + at] = four[lane];
            if kept == 0u {
                positions[at] = four[lane];
            }
        }
    }
}

// What follows from the field's answer.
fn advanced(before: Registers, asked: vec4<f32>, answer: vec4<f32>, row: u32, first: u32, slot: u32) -> Registers {
    let d = coefficient(row + 6u) * asked + coefficient(row + 7u) * answer;
    var r = Registers(before.x, d, before.d1, before.d2, before.d3);
    r.x = sum(r, row + 8u);
    if course[row + 15u] == 1u {
        r.x += coefficient(row + 13u) * noise(course[row + 14u], first + slot % GROUPS * 4u, slot / GROUPS);
    }
    return r;
}

@compute @workgroup_size(256)
fn fly(
    @builtin(workgroup_id) workgroup: vec3<u32>,
    @builtin(num_workgroups) workgroups: vec3<u32>,
    @builtin(local_invocation_index) unit: u32,
) {
    let first = (workgroup.y * workgroups.x + workgroup.x) * 4u * GROUPS;
    if first >= told.particles {
        return;
    }
    var registers: array<Registers, OWN>;
    var asked: array<vec4<f32>, OWN>;
    var answers: array<vec4<f32>, OWN>;
    for (var i = 0u; i < OWN; i++) {
        let slot = unit + i * UNITS;
        registers[i] = Registers(
            taken(first, slot, 0u),
            taken(first, slot, 1u),
            taken(first, slot, 2u),
            taken(first, slot, 3u),
            taken(first, slot, 4u),
        );
    }
    for (var e = told.begin; e < told.end; e++) {
        let row = e * 16u;
        for (var i = 0u; i < OWN; i++) {
            let slot = unit + i * UNITS;
            if slot < SLOTS {
                asked[i] = sum(registers[i], row);
                tile[slot] = coefficient(row + 5u) * asked[i];
            }
        }
        workgroupBarrier();
        through(e, unit);
        for (var i = 0u; i < OWN; i++) {
            answers[i] = last(unit + i * UNITS);
        }
        // What is asked next goes where this has been read.
        workgroupBarrier();
        if PARTS > 1u {
            tile[unit] = answers[0];
            workgroupBarrier();
            if unit < SLOTS {
                for (var part = 1u; part < PARTS; part++) {
                    answers[0] += tile[part * SLOTS + unit];
                }
            }
        }
        for (var i = 0u; i < OWN; i++) {
            let slot = unit + i * UNITS;
            if slot < SLOTS {
                let feature = slot / GROUPS;
                let answer = answers[i] + weights[LAST_BIAS + feature / 4u][feature % 4u];
                registers[i] = advanced(registers[i], asked[i], answer, row, first, slot);
            }
        }
    }
    for (var i = 0u; i < OWN; i++) {
        let slot = unit + i * UNITS;
        leave(first, slot, 0u, registers[i].x);
        leave(first, slot, 1u, registers[i].d1);
        leave(first, slot, 2u, registers[i].d2);
        leave(first, slot, 3u, registers[i].d3);
        leave(first, slot, 4u, registers[i].d4);
    }
}
