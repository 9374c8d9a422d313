//! Philox4x32-10: ten rounds of multiply, swap and add key.
//!
//! Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", <https://doi.org/10.1145/2063384.2063405>.

/// The block cipher: a counter and a key to four words.
#[inline(always)]
#[expect(clippy::inline_always, reason = "it is compiled once for each kind of vector")]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    let (mut c, mut k) = (counter, key);
    for _ in 0..10 {
        let (h0, l0) = multiply(0xD251_1F53, c[0]);
        let (h1, l1) = multiply(0xCD9E_8D57, c[2]);
        c = [h1 ^ c[1] ^ k[0], l1, h0 ^ c[3] ^ k[1], l0];
        k = [k[0].wrapping_add(0x9E37_79B9), k[1].wrapping_add(0xBB67_AE85)];
    }
    c
}

/// High and low word of a product.
fn multiply(a: u32, b: u32) -> (u32, u32) {
    let product = u64::from(a) * u64::from(b);
    ((product >> 32) as u32, product as u32)
}
