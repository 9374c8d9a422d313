//! IDX: bytes in n dimensions, `0 0 type n`, then n sizes of 32 bits, high byte first, then the values.
//!
//! LeCun, Cortes and Burges 1998, <http://yann.lecun.com/exdb/mnist/>.

use std::io::Read;

use crate::{Error, Result};

/// The type that is read: unsigned bytes.
const U8: u8 = 0x08;

/// What an IDX file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// Sizes, slowest first.
    pub dims: Vec<usize>,
    /// The values, last dimension fastest.
    pub values: Vec<u8>,
}

impl Idx {
    /// Where the values begin in the file.
    pub fn header(&self) -> usize {
        4 + 4 * self.dims.len()
    }
}

/// Reads an IDX file, plain or gzip; `file` is its name, for messages.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Idx> {
    let bytes = &gunzip(file, bytes)?[..];
    let dims = dims(file, bytes)?;
    let header = 4 + 4 * dims.len();
    let values = &bytes[header..];
    if dims.iter().try_fold(1_usize, |product, &dim| product.checked_mul(dim)) != Some(values.len()) {
        let sizes = dims.iter().map(usize::to_string).collect::<Vec<_>>().join(" x ");
        let wanted = dims.iter().map(|&dim| dim as u128).fold(1, u128::saturating_mul);
        let what = if (values.len() as u128) < wanted { "truncated" } else { "too long" };
        let got = values.len();
        return Err(Error::format(
            file,
            format!("{what}: at offset {header}, expected {sizes} = {wanted} bytes of values, got {got}"),
        ));
    }
    Ok(Idx { values: values.to_vec(), dims })
}

/// The sizes in the header.
fn dims(file: &str, bytes: &[u8]) -> Result<Vec<usize>> {
    let fail = |message: String| Err(Error::format(file, message));
    let [zero, also_zero, kind, n] = match bytes {
        [] => return fail("the file is empty; at offset 0, expected the IDX magic 00 00 08".into()),
        [a, b, c, d, ..] => [*a, *b, *c, *d],
        _ => {
            return fail(format!(
                "truncated: at offset 0, expected 4 bytes of IDX magic, got {}",
                bytes.len()
            ));
        }
    };
    if [zero, also_zero, kind] != [0, 0, U8] || n == 0 {
        return fail(format!(
            "not an IDX file of bytes: at offset 0, expected the magic 00 00 08 \
             and a number of dimensions, got {zero:02x} {also_zero:02x} {kind:02x} {n:02x}"
        ));
    }
    let Some(sizes) = bytes.get(4..4 + 4 * usize::from(n)) else {
        return fail(format!(
            "truncated: at offset 4, expected {n} sizes of 4 bytes, got {} bytes",
            bytes.len() - 4
        ));
    };
    Ok(sizes.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize).collect())
}

/// What a gzip file holds, told by its first two bytes; anything else as it is.
fn gunzip<'a>(file: &str, bytes: &'a [u8]) -> Result<std::borrow::Cow<'a, [u8]>> {
    if !bytes.starts_with(&[0x1F, 0x8B]) {
        return Ok(bytes.into());
    }
    let mut out = Vec::new();
    match flate2::read::MultiGzDecoder::new(bytes).read_to_end(&mut out) {
        Ok(_) => Ok(out.into()),
        Err(error) => Err(Error::format(
            file,
            format!("the gzip stream breaks off or is damaged after {} bytes of content: {error}", out.len()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(dims: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, dims.len() as u8];
        bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    fn message(bytes: &[u8]) -> String {
        parse("some-file", bytes).unwrap_err().to_string()
    }

    #[test]
    fn plain_and_gzip_hold_the_same() {
        let plain = file(&[2, 3], &[1, 2, 3, 4, 5, 6]);
        let expected = Idx { dims: vec![2, 3], values: vec![1, 2, 3, 4, 5, 6] };
        assert_eq!(parse("a", &plain).unwrap(), expected);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&plain).unwrap();
        assert_eq!(parse("a", &gzip.finish().unwrap()).unwrap(), expected);
    }

    #[test]
    fn a_bad_file_is_told_by_name_offset_and_expectation() {
        let cut = |n: usize| file(&[2, 3], &[9; 6])[..n].to_vec();
        let cases: &[(Vec<u8>, &str)] = &[
            (vec![], "some-file: the file is empty; at offset 0, expected the IDX magic 00 00 08"),
            (cut(3), "some-file: truncated: at offset 0, expected 4 bytes of IDX magic, got 3"),
            (cut(9), "some-file: truncated: at offset 4, expected 2 sizes of 4 bytes, got 5 bytes"),
            (cut(17), "some-file: truncated: at offset 12, expected 2 x 3 = 6 bytes of values, got 5"),
            (
                file(&[2, 3], &[9; 8]),
                "some-file: too long: at offset 12, expected 2 x 3 = 6 bytes of values, got 8",
            ),
            (file(&[u32::MAX; 5], &[]), "truncated: at offset 24"),
            (
                b"PNG\r\n".to_vec(),
                "at offset 0, expected the magic 00 00 08 and a number of dimensions, got 50 4e 47 0d",
            ),
            (vec![0, 0, 0x0D, 1, 0, 0, 0, 0], "got 00 00 0d 01"),
            (
                vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0, 1],
                "the gzip stream breaks off or is damaged after 0 bytes",
            ),
        ];
        for (bytes, expected) in cases {
            let got = message(bytes);
            assert!(got.contains(expected), "{got}\nlacks\n{expected}");
        }
    }
}
