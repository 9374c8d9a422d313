//! Pictures in other arrangements: patches folded into channels, places as tokens, each place twice.
//!
//! A sequence is a picture of height 1, whose patches are `[1, p]`.

use burn::prelude::*;

/// `[b, c, h, w]` to `[b, c p q, h / p, w / q]`.
pub fn fold(x: Tensor<4>, [p, q]: [usize; 2]) -> Tensor<4> {
    if [p, q] == [1, 1] {
        return x;
    }
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h / p, p, w / q, q]).permute([0, 1, 3, 5, 2, 4]).reshape([b, c * p * q, h / p, w / q])
}

/// `[b, c p q, h, w]` to `[b, c, h p, w q]`: the inverse of [`fold`].
pub fn unfold(x: Tensor<4>, [p, q]: [usize; 2]) -> Tensor<4> {
    if [p, q] == [1, 1] {
        return x;
    }
    let [b, c, h, w] = x.dims();
    let c = c / (p * q);
    x.reshape([b, c, p, q, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([b, c, h * p, w * q])
}

/// Each value `m` times in height and `n` times in width (nearest neighbour).
pub fn repeated(x: Tensor<4>, [m, n]: [usize; 2]) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h, 1, w, 1]).expand([b, c, h, m, w, n]).reshape([b, c, m * h, n * w])
}

/// `[b, c, h, w]` to `[b, h w, c]`: a token a place, row by row.
pub fn tokens(x: Tensor<4>) -> Tensor<3> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h * w]).swap_dims(1, 2)
}

/// `[b, h w, c]` to `[b, c, h, w]`: the inverse of [`tokens`].
pub fn places(x: Tensor<3>, [h, w]: [usize; 2]) -> Tensor<4> {
    let [b, _, c] = x.dims();
    x.swap_dims(1, 2).reshape([b, c, h, w])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: [usize; 4]) -> Tensor<4> {
        let n: usize = shape.iter().product();
        Tensor::<1, Int>::arange(0..n as i64, &Device::flex()).float().reshape(shape)
    }

    #[test]
    fn unfold_is_the_inverse_of_fold_and_folding_keeps_neighbours() {
        let x = counting([2, 3, 8, 4]);
        let folded = fold(x.clone(), [2, 2]);
        assert_eq!(folded.dims(), [2, 12, 4, 2]);
        let corner: Vec<f32> =
            folded.clone().slice([0..1, 0..4, 0..1, 0..1]).into_data().try_to_vec().expect("floats");
        assert_eq!(corner, [0.0, 1.0, 4.0, 5.0]);
        assert_eq!(unfold(folded, [2, 2]).into_data(), x.into_data());
    }

    #[test]
    fn a_picture_survives_becoming_tokens_of_patches_and_back() {
        for (shape, patch) in [([2, 3, 8, 12], [4, 4]), ([1, 2, 1, 12], [1, 3]), ([2, 1, 3, 5], [1, 1])] {
            let x = counting(shape);
            let [_, _, h, w] = shape;
            let places_of = [h / patch[0], w / patch[1]];
            let row = tokens(fold(x.clone(), patch));
            assert_eq!(row.dims(), [shape[0], places_of[0] * places_of[1], shape[1] * patch[0] * patch[1]]);
            assert_eq!(unfold(places(row, places_of), patch).into_data(), x.into_data());
        }
    }

    #[test]
    fn repeating_doubles_each_value_along_the_axes_asked_for() {
        let x = Tensor::<1>::from_floats([1.0, 2.0], &Device::flex()).reshape([1, 1, 1, 2]);
        let floats = |x: Tensor<4>| x.into_data().try_to_vec::<f32>().expect("floats");
        assert_eq!(floats(repeated(x.clone(), [2, 2])), [1.0, 1.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0]);
        assert_eq!(floats(repeated(x, [1, 2])), [1.0, 1.0, 2.0, 2.0]);
    }
}
